"""Numbers as words: twenty-five; خمسة وعشرين."""

ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen""".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def english(n):
    if n < 20:
        return ONES[n]
    if n < 100:
        tens, ones = divmod(n, 10)
        return TENS[tens - 2] + (f"-{ONES[ones]}" if ones else "")
    if n < 1000:
        hundreds, rest = divmod(n, 100)
        return f"{ONES[hundreds]} hundred" + (f" and {english(rest)}" if rest else "")
    thousands, rest = divmod(n, 1000)
    return f"{english(thousands)} thousand" + (f" {english(rest)}" if rest else "")


# Three to ten disagree with the gender of what they count: ثلاثة أقلام, ثلاث تفاحات.
WITH_MASCULINE = "صفر واحد اثنين ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة".split()
WITH_FEMININE = "صفر واحدة اثنتين ثلاث أربع خمس ست سبع ثماني تسع عشر".split()
ARABIC_TENS = "عشرين ثلاثين أربعين خمسين ستين سبعين ثمانين تسعين".split()
ARABIC_HUNDREDS = "مئة مئتين ثلاثمئة أربعمئة خمسمئة ستمئة سبعمئة ثمانمئة تسعمئة".split()


def arabic(n, feminine):
    """In the genitive and accusative, which everyday writing uses throughout; n below 1000."""
    ones = WITH_FEMININE if feminine else WITH_MASCULINE
    if n <= 10:
        return ones[n]
    if n < 20:
        first = {11: ("أحد", "إحدى"), 12: ("اثني", "اثنتي")}.get(n, (WITH_MASCULINE[n - 10],) * 2)[feminine]
        if n > 12 and feminine:
            first = WITH_FEMININE[n - 10]
        return first + (" عشرة" if feminine else " عشر")
    if n < 100:
        tens, rest = divmod(n, 10)
        return (f"{ones[rest]} و" if rest else "") + ARABIC_TENS[tens - 2]
    hundreds, rest = divmod(n, 100)
    return ARABIC_HUNDREDS[hundreds - 1] + (f" و{arabic(rest, feminine)}" if rest else "")
