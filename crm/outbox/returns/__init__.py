"""What comes back: mails that could not be delivered, complaints, and what providers report of either.

reading (a mail → what it says of which address) · words (a code → a reason) · taking (→ `DeliveryEvent`,
suppression, the guards) · hooks (posts of providers).
"""
