"""Chat on the website: the help articles answer first, then a person, and it becomes a case.

chat, token = visiting.start("en", at=now)       # The token stays with the visitor; we keep its digest.
visiting.ask(chat, "Where is my parcel?", at=now)
visiting.hand_over(chat, name="Ada", email="ada@example.com", at=now)
answering.reply(case, "On its way.", by=user, at=now, then="waiting", key=None)
"""
