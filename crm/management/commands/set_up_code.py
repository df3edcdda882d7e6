from __future__ import annotations

from crm import accounts
from crm.commands import Answer, JsonCommand
from crm.errors import Refusal
from crm.models import User


class Command(JsonCommand):
    help = "Show the code that the first owner of this installation is asked for."

    def answer(self, **options: object) -> Answer:
        if User.objects.exists():
            raise Refusal("This shop already has an owner: no code is needed.")
        return {"code": accounts.set_up_code()}
