"""Random values from small building blocks, many per second; named like Hypothesis' strategies.

Hypothesis chooses the seeds. Left to itself it builds small and dull shops, in which few rules find anybody.
"""

from __future__ import annotations

from random import Random


class Chance:
    """Something that makes a value with the help of a random generator."""

    def __init__(self, make):
        self.make = make

    def __or__(self, other):
        return one_of([*getattr(self, "parts", [self]), *getattr(other, "parts", [other])])

    def map(self, change):
        return Chance(lambda random: change(self.make(random)))

    def filter(self, fits):
        def make(random):
            while not fits(value := self.make(random)):
                pass
            return value

        return Chance(make)


def one_of(parts):
    found = Chance(lambda random: random.choice(parts).make(random))
    found.parts = parts
    return found


def just(value):
    return Chance(lambda random: value)


def none():
    return just(None)


def booleans():
    return sampled_from([True, False])


def integers(low, high):
    return Chance(lambda random: random.randint(low, high))


def sampled_from(values):
    return Chance(lambda random: random.choice(values))


def tuples(*parts):
    return Chance(lambda random: tuple(part.make(random) for part in parts))


def lists(part, *, min_size=0, max_size=3, unique=False):
    def make(random: Random):
        found = [part.make(random) for _ in range(random.randint(min_size, max_size))]
        return list(dict.fromkeys(found)) if unique else found

    return Chance(make)


def dictionaries(keys, values):
    return lists(tuples(keys, values)).map(dict)


def fixed_dictionaries(required, optional=None):
    def make(random):
        found = {key: part.make(random) for key, part in required.items()}
        return found | {
            key: part.make(random) for key, part in (optional or {}).items() if random.random() < 0.7
        }

    return Chance(make)


def builds(function, *parts):
    return tuples(*parts).map(lambda values: function(*values))


def composite(function):
    return lambda *args: Chance(lambda random: function(lambda part: part.make(random), *args))


def recursive(leaf, extend, depth=3):
    found = leaf
    for _ in range(depth):
        found = extend(leaf | found)
    return found
