"""Expected draws of core/base/random.h, written from its description. Prints the values of tests/base/random_test.cpp."""
import math

MASK = (1 << 64) - 1
GAMMA = 0x9E3779B97F4A7C15


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def absorb(key, word):
    return mix((key + GAMMA + mix((word + GAMMA) & MASK)) & MASK)


def hash_words(words):
    key = mix(len(words))
    for word in words:
        key = absorb(key, word)
    return key


def hash_text(seed, text):
    key = absorb(mix(seed), len(text))
    for start in range(0, len(text), 8):
        key = absorb(key, int.from_bytes(text[start:start + 8], "little"))
    return key


class Random:
    def __init__(self, key):
        self.state = key

    def next(self):
        self.state = (self.state + GAMMA) & MASK
        return mix(self.state)

    def uniform(self):
        return (self.next() >> 11) * 2.0**-53

    def integer(self, below):
        draw = self.next()
        while draw < (1 << 64) % below:
            draw = self.next()
        return draw % below

    def normal(self):
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())


def shuffled(key, count):
    random, items = Random(key), list(range(count))
    for i in range(count, 1, -1):
        j = random.integer(i)
        items[i - 1], items[j] = items[j], items[i - 1]
    return items


def sample(key, below, count):
    random, items = Random(key), list(range(below))
    for i in range(count):
        j = i + random.integer(below - i)
        items[i], items[j] = items[j], items[i]
    return items[:count]


if __name__ == "__main__":
    print([hex(hash_words(w)) for w in ([0], [1, 2, 3])])
    print([hex(hash_text(7, t)) for t in (b"", b"ct", b"a longer text")])
    for draw in (lambda r: r.uniform().hex(), lambda r: r.integer(10), lambda r: r.normal()):
        random = Random(42)
        print([draw(random) for _ in range(12)])
    print(shuffled(42, 8), sample(42, 20, 5))
