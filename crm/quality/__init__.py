"""How good the data are: what is missing, invalid, outlying, contradictory; who cannot be reached.

`rules` say what is wrong in which rows, `checking` counts in the background, `excepting` keeps what is fine.
"""
