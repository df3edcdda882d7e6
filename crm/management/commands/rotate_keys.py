from __future__ import annotations

from crm import audit, encryption, key_rotation
from crm.commands import Answer, JsonCommand


class Command(JsonCommand):
    help = (
        "Encrypt anew, with the first of FIELD_KEYS, everything that is encrypted. "
        "May be stopped and run again; old and new keys work meanwhile."
    )

    def answer(self, **options: object) -> Answer:
        rotation = key_rotation.rotate()
        rotated = sum(rotation.done.values())
        audit.record(None, "changed", "encryption", count=rotated, detail=f"key {encryption.key_names()[0]}")
        return {
            "rotated": rotated,
            "columns": rotation.done,
            "current": rotation.current,
            "unreadable": rotation.unreadable,
            "remaining": rotation.remaining,
            "waiting": rotation.waiting,
            "keys": encryption.key_names(),
            "old_keys_unused": rotation.old_keys_unused,
            "next": _advice(rotation),
        }


def _advice(rotation: key_rotation.Rotation) -> str:
    if rotation.unreadable:
        return "Some values open with none of the keys: add the missing key to FIELD_KEYS, run again."
    if rotation.remaining:
        return "Something still writes with an old key: restart web and workers, run again."
    if rotation.waiting:
        return "Imports that wait brought values sealed with an old key: finish or discard them, run again."
    if len(encryption.key_names()) == 1:
        return "Everything is encrypted with the only key."
    return (
        "All but the first key may be taken out of FIELD_KEYS; keep them as long as you keep older backups."
    )
