"""From a goal in plain words to a pipeline that keeps every rule."""

from core.compiler.errors import CompileFailed, GoalMissing
from core.compiler.records import Compiled
from core.compiler.service import Compiler

__all__ = ["CompileFailed", "Compiled", "Compiler", "GoalMissing"]
