"""English wordings: things of two and three kinds. The slots are explained in `narrator.py`."""
from grammar import lines

TWO = lines("""
{N} ~have {x} {o1} and {y} {o2}.
{N} {GAIN} {x} {o1} and {y} {o2} [|{when}|at the {scene}].
There &be {x} {o1} and {y} {o2} [in|on|at] the {scene}.
[There are|] {x} {o1} [in|on|at] the {scene}. There [are|are also] {y} {o2} [|too|there].
The {scene} has {x} {o1} and {y} {o2}.
{N} ~have {x} {o1}. {N} [also ~have|also ~own] {y} {o2}[| too| as well].
{N} {GAIN} {x} {o1}. {N} also {GAIN} {y} {o2}.
{When} {N} {GAIN} {x} {o1}, {when} {N} {GAIN} {y} {o2}.
There &be {x} {o1} in [one|the first] {box} and {y} {o2} in [another|the other|the second] {box}.
[In the {scene}|Here] you see {x} {o1} and {y} {o2}.
We have {x} {o1} and {y} {o2}.
""")
ASK_KINDS = lines("""
How many {all} [does N have|are there|is that|did N {GAIN:base}] [in all|altogether|in total|all together|].
How many {o1} and {o2} [does N have|are there|is that] [in all|altogether|in total|together|].
What is the total [number of {all}|number of {o1} and {o2}|].
[Count|Find|Add up] all the {all}.
How many {all} [in total|in all|are in the {scene}|altogether].
How many [does N have|are there|are they] in all.
""")
ASK_KINDS_MORE = lines("""
How many more {o1} than {o2} [does N have|are there|did N {GAIN:base}|are in the {scene}|].
[By how many are there more|There are more] {o1} than {o2}[. How many more|].
How many fewer {o2} than {o1} [does N have|are there|].
[What is|Find] the difference between the [number of {o1} and {o2}|{o1} and the {o2}].
How many {o2} [are missing|must N get|does N need] to have as many {o2} as {o1}.
How many more {o1} does N have than {o2}.
""")
WHOLE = lines("""
{N} ~have {x} {o}.
There &be {x} {o} [in|on|at] the {scene}.
[In all|Altogether|In total] {N} [~have|{GAIN}] {x} {o}.
{N} {GAIN} {x} {o}.
{When} {x} {o} {COME}.
A {box} [contains|has] {x} {o}.
The {scene} has {x} {o}.
There are {x} {o} [in all|altogether|].
Of {x} {o} in the {scene},
Of {N's} {x} {o},
Out of {x} {o},
""")
PART = lines("""
{y} [of them|of the {o}|] are {adj1} [and the rest are {adj2}|and the others {adj2}|, the others are {adj2}|, the rest is {adj2}|].
{y} are {adj1}[| and the rest are {adj2}| and the remaining ones are {adj2}].
[Some are {adj2} and|] {y} [of them|] are {adj1}.
[The rest|All others] but {y} {adj1} [ones|{o}] are {adj2}.
{y} of [them|the {o}] are {adj1}. The [rest|others|remaining ones|rest of them] are {adj2}.
[Some of them|Some] are {adj2}, {y} are {adj1}.
Only {y} [of them|] are {adj1}.
""")
ASK_PART = lines("""
How many [{o}|of them|of the {o}] are [{adj2}|{adj2}|not {adj1}].
How many {adj2} {o} [are there|does N have|are in the {scene}|].
How many [of the {o}|of them|{o}] [are not {adj1}|aren't {adj1}].
[What is|Find|Tell me] the number of {adj2} {o}.
""")
BASE_TWO = lines("""
{N} ~have {x} {o1}.
There &be {x} {o1} [in|on|at] the {scene}.
{N} {GAIN} {x} {o1}.
The {scene} has {x} {o1}.
""")
KIND_MORE = lines("""
There &be {y} more {o2} than {o1}.
{N} ~have {y} more {o2} than {o1}.
There are {y} [fewer|less] {o1} than {o2}.
""")
KIND_LESS = lines("""
There &be {y} [fewer|less] {o2} than {o1}.
{N} ~have {y} [fewer|less] {o2} than {o1}.
There are {y} more {o1} than {o2}.
""")
KIND_TIMES = lines("""
There &be {y*} as many {o2} as {o1}.
{N} ~have {y*} as many {o2} as {o1}.
The number of {o2} is {y*} the number of {o1}.
""")
ASK_KIND = lines("""
How many {o2} [are there|does N have|are in the {scene}|are there].
[What is|Find] the number of {o2}.
""")
BOXES_TWO = lines("""
{N} ~have {x} {boxes} of {o1} and {y} {boxes} of {o2}.
{N} ~buy {x} {boxes} of {o1} and {y} {boxes} of {o2}.
There &be {x} {boxes} with {o1} and {y} {boxes} with {o2}.
{N} ~fill {x} {boxes} in the morning and {y} [{boxes}|more] in the evening.
""")
EACH_HOLDS_Z = lines("""
[Each|Every] {box} [has|holds|contains] {z} [of them|{all}|pieces|].
There are {z} in [each|every] {box}.
""")
WHOLE_KINDS = lines("""
There &be {x} {all} [in|on|at] the {scene}.
{N} ~have {x} {all}.
The {scene} has {x} {all}.
[In all|Altogether] {x} {all} {COME}.
{x} {all} [are|were] [in|on|at] the {scene}.
""")
PART_KINDS = lines("""
{y} [of them|of the {all}|] are {o1} [and the rest are {o2}|and the others {o2}|, the rest {o2}|].
{y} are {o1}[.| and the remaining ones are {o2}.]
Of these, {y} are {o1} and the rest are {o2}.
All but {y} {o1} are {o2}.
""")
LOSE_FIRST = lines("""
[Then|Later|] {N} {LOSE} {z} [of the|] {o1}.
{M} [takes|took|borrowed] {z} of the {o1}.
{z} of the {o1} {GO}.
{z} {o1} {GO} [{when}|].
""")
GAIN_FIRST = lines("""
[Then|Later|] {N} {GAIN} {z} more {o1}.
{z} [more|new] {o1} {COME}.
{M} [gave|gives|brings] {him} {z} more {o1}.
""")
ASK_FIRST_KIND = lines("""
How many {o1} [are there|does N have|are in the {scene}] [now|in the end|].
How many {o1} does N have now.
""")
ASK_FIRST_LEFT = lines("""
How many {o1} [are left|remain|does N have left|does N still have|are there now].
""")
PART_TWO = lines("""
{y} [of them|] are {adj1} and {z} are {adj2}. The rest [is|are] {adj3}.
{y} are {adj1}, {z} are {adj2} and the [others|rest] are {adj3}.
[There are|] {y} {adj1} [ones|{o}], {z} {adj2} ones and the [others|rest] are {adj3}.
""")
ASK_THIRD = lines("""
How many [{o}|of them|] are [{adj3}|neither {adj1} nor {adj2}].
How many {adj3} [{o}|ones] [are there|does N have].
""")
THEN_SHARE_PART = lines("""
{N} [~share|~divide] the {adj2} ones [equally|evenly] among {z} {folk}.
The {adj2} [ones|{o}] are [put|divided|packed] [equally|evenly] into {z} {boxes}.
{z} {folk} share the {adj2} ones [equally|evenly].
""")
ASK_EACH_KINDS = lines("""
How many [{all}|] [does each get|are in each|are there for each|are in each {box}].
How many [for each|in each|each].
""")
THREE = lines("""
[There &be|{N} ~have] also {z} {o3}.
[Besides|In addition], there &be {z} {o3}.
And [there are|] {z} {o3} [too|as well].
""")
TWO_RATES_KINDS = lines("""
[Each|Every|One] {box} [has|holds|contains] {x} {o1} and {y} {o2}.
In [each|every] {box} there are {x} {o1} and {y} {o2}.
""")
