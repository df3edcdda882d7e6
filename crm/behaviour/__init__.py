"""What people do on the shop's website and in its other programs, as events of the ledger.

`reading` checks what was sent, `taking` stores it, `visitors` knows whose browser it was, `website` holds the
public key and the settings. Unknown visitors never become customers: their events lie aside and are merged
when somebody proves who they are, or forgotten.
"""
