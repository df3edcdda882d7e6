"""Help articles: the answers that customers find themselves.

`writing` stores them with every version, `markdown` turns them into safe pages, `grams` and `searching` find
them in English and Chinese without a word list, `reading` is what the public pages ask, `voting` counts
whether they helped.
"""
