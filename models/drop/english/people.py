"""English wordings: what one person has and another. The slots are explained in `narrator.py`."""
from grammar import lines

PAIR = lines("""
{N} ~have {x} {o}. {M} ^have {y} [{o}|].
{N} ~have {x} {o} and {M} ^have {y} [{o}|].
{N} {DONE} {x} {o} and {M} {M:DONE} {y} [{o}|].
{N} {DONE} {x} {o}. {M} {M:DONE} {y} [{o}|].
{N} {DONE} {x} {o}, {M} [{y}|{M:DONE} {y}|only {y}].
{N} ~have {x} {o}, [while|but|and] {M} ^have {y}.
{N} and {M} {both:DONE} {o}: {N} {x}, {M} {y}.
{M} {M:DONE} {y} {o}. {N} {DONE} {x} [{o}|].
There are {x} {o} in {N's} {box} and {y} [{o}|] in {M's} [{box}|].
""")
ASK_TOGETHER = lines("""
How many {o} do [they|both of them|the two of them|N and M|the two] have [together|in all|altogether|in total|combined|all together].
How many {o} did [they|both|the two|N and M] {DONE:base} [together|in all|altogether|in total|combined].
How many {o} [are there|is that] [in all|altogether|in total|together].
[What is|What's|Find|Calculate] [the total|their total|the total number of {o}|the sum of their {o}|the number of {o} they have together].
How many {o} [altogether|in total|together].
""")
ASK_AHEAD = lines("""
How many more {o} [does N have|did N {DONE:base}|has N] than M.
How many fewer {o} [does M have|did M {DONE:base}|has M] than N.
[By how many|By how many {o}] is [N ahead of|M behind] [M|N] ahead.
[What is|What's|Find] the difference [between the two|between their numbers of {o}|].
How many more [{o}|] does M need to have as many [{o}|] as N.
How many {o} [more|] does M [need to catch up with|have to get to catch up with] N.
How many more did N {DONE:base} than M.
N has how many more {o} than M.
""")
BASE = lines("""
{N} ~have {x} {o}.
{N} {DONE} {x} {o}[| {when}| at the {scene}].
{When} {N} {DONE} {x} {o}.
{N} ~own {x} {o}.
There &be {x} {o} in {N's} {box}.
""")
OTHER_MORE = lines("""
{M} ^have {y} more [{o}|] than {N!}.
{M} {M:DONE} {y} more [{o}|] than {N!} [did|].
{M} ^have {y} {o} more than {him!}.
{M} {M:DONE} {y} more than {N!}.
{N} ~have {y} [{o} fewer|fewer {o}|less {o}|fewer|less] than {M}.
{N!} {DONE} {y} [fewer|less] [{o}|] than {M}.
That is {y} [fewer|less] [{o}|] than {M} [^have|].
{M} ^have {y} extra {o} compared [to|with] {N!}.
""")
OTHER_LESS = lines("""
{M} ^have {y} [fewer|less] [{o}|] than {N!}.
{M} {M:DONE} {y} [fewer|less] [{o}|] than {N!} [did|].
{M} ^have {y} {o} less than {him!}.
{N} ~have {y} more [{o}|] than {M}.
{N!} {DONE} {y} more [{o}|] than {M} [did|].
{N} {DONE} {y} more than {M} [did|].
That is {y} more [{o}|] than {M} [^have|].
[This is|These are|That's|which is] {y} [{o}|] more than {M} {M:DONE}.
""")
OTHER_TIMES = lines("""
{M} ^have {y*} as many [{o}|] [as {N!}|as {him!}].
{M} {M:DONE} {y*} as many [{o}|] as {N!} [did|].
{M} ^have {y*} the number of {o} [that {N!} has|].
{N's!} [sister|brother|friend|cousin|mom|neighbor] [has|had] {y*} as many [{o}|].
{M} ^have {y*} more than {N!}.
{M's} {o} are {y*} as many as {N's!}.
""")
OTHER_ONCE = lines("""
That is {y*} as many [{o}|] as {M} [^have|{M:DONE}|].
{N} [has|had|~have] {y*} as many [{o}|] as {M} [^have|].
{N!} {DONE} {y*} as many [{o}|] as {M} [did|].
This is {y*} the number of {M's} {o}.
""")
ASK_OTHER = lines("""
How many {o} [does M have|has M|did M {DONE:base}|does M have|are M's].
[What is|Find|Tell me|Work out] the number of [M's {o}|{o} that M has].
How many [does M have|did M {DONE:base}|has M got].
So how many {o} does M have.
""")
THIRD_HAS = lines("""
{T} [has|had] {z} [{o}|].
[And|Finally,|] {T} [has|had|brings|brought] {z} [{o}|more|].
""")
TOGETHER = lines("""
{N} and {M} have {x} {o} [together|in all|altogether|in total|between them].
{N} and {M} {both:DONE} {x} {o} [together|in all|altogether|in total].
Together {N} and {M} [have|had|{both:DONE}] {x} {o}.
""")
TOGETHER_PART = lines("""
{N!} has {y} [of them|{o}|].
{N!} {DONE} {y} [of them|{o}|].
{y} [of them|] [belong to|are from] {N!}.
""")
GIVES = lines("""
[Then|Later|] {N!} [gives|gave|hands|sells|sends|sold] {M!} {z} [of them|of {h} {o}|{o}|].
[Then|Later|] {M!} [gets|got|takes|took|borrowed|receives] {z} [{o}|] from {N!}.
{N!} [gives|gave|lost] {z} [{o}|of {h} {o}] to {M!}.
""")
ASK_FIRST = lines("""
How many {o} does [N!|N!] have [now|left|in the end|].
How many [{o}|] are left [with|for] N!.
""")
ASK_SECOND = lines("""
How many {o} does M! have [now|in the end|altogether|].
How many [{o}|] does M! have [then|now|in all].
""")
ASK_ALL = lines("""
How many {o} do [they|all of them|the three|N, M and T] have [together|in all|altogether|in total|].
How many {o} [are there|is that] [in all|altogether|in total].
What is the total [number of {o}|].
""")
LOSE_OTHER = lines("""
[Then|Later|] {M} {M:LOSE} {z} [of them|{o}|].
{M} [gives|gave|sells|sold] {z} [of them|{o}|of {h2} {o}] [away|to {h2} {folk}|to a friend].
""")
ASK_OTHER_AHEAD = lines("""
How many more {o} [does M have|did M {DONE:base}] than N.
[What is|Find] the difference [between them|].
How many fewer {o} does N have than M.
""")
