"""Pipelines that follow from each other by what they read and store on one blackboard."""

from core.plans.errors import PlanFailed
from core.plans.records import PlanResult
from core.plans.service import Plans

__all__ = ["PlanFailed", "PlanResult", "Plans"]
