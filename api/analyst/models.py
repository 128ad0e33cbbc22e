"""Language models over HTTP."""

from fastapi import APIRouter

from api.actor import Caller, TheCore
from api.body import Guarded
from api.wire import failing, shown
from core.record import Record

router = APIRouter(
    prefix="/v1/models", tags=["models"], route_class=Guarded, responses=failing(401, 503)
)


class ModelOut(Record):
    """A model that may be asked."""

    model_id: str
    display_name: str
    description: str

    model_config = shown()


class ModelList(Record):
    """Every model that is configured and usable now."""

    models: tuple[ModelOut, ...]
    default: str | None
    """The one that answers when none is named; null when none is configured."""

    model_config = shown(
        {
            "models": [
                {
                    "model_id": "ollama:llama3.3",
                    "display_name": "llama3.3",
                    "description": "llama3.3 by ollama",
                }
            ],
            "default": "ollama:llama3.3",
        },
        {"models": [], "default": None},
    )


@router.get("")
async def list_models(core: TheCore, caller: Caller) -> ModelList:
    """List the models that may be asked, the default first; none without a provider's key."""
    models = await core.models.list(caller)
    return ModelList(
        models=tuple(
            ModelOut(model_id=model.id, display_name=model.name, description=model.description)
            for model in models
        ),
        default=next((model.id for model in models if model.default), None),
    )
