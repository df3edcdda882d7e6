"""Online shops that tell us what happens there: signed messages in, worked in by the rules of imports.

`signatures` proves who speaks, `receiving` keeps the message, `working` works it in by `taking` it over;
`shopify` and `woocommerce` read what it says.
"""
