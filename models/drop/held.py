"""Which numbers and which company of wordings are kept for the test side."""
import zlib

RANGES = ((37, 38), (64, 65), (82, 83), (430, 459), (760, 789), (3600, 3999), (8200, 8499))


def held_number(n):
    return any(low <= n <= high for low, high in RANGES)


def held_key(*parts, one_in=6):
    return zlib.crc32(repr(parts).encode()) % one_in == 0


def number(rng, low, high, held):
    """Small numbers as often as large ones; a held range as often as not where the problem is a held one."""
    if held and rng.random() < 0.6:
        ranges = [r for r in RANGES if low <= r[0] and r[1] <= high]
        if ranges:
            return rng.randint(*rng.choice(ranges))
    if not held and 499 <= high <= 999 and rng.random() < 0.25:
        high = high * 10 + 9
    digits = rng.randint(len(str(low)), len(str(high)))
    return rng.randint(max(low, 10 ** (digits - 1)), min(high, 10 ** digits - 1))
