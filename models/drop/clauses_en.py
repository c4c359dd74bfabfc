"""How English tells each fact and asks each question. Slots are explained in `narrator_en.py`."""
from grammar import lines

HAVE = lines("""
{N} ~have {x} {o}[| at home| in {h} {box}| to begin with| at first| in all].
{N} [~own|~start with|~begin with|~start out with|~keep|~be holding] {x} {o}.
[There &be|There &be|We count] {x} {o} [in|on|at|in] the {scene}.
{When} [there &be|{N} ~have|{N} ~have] {x} {o}[| in the {scene}].
{When} {N} {GAIN} {x} {o}.
{N} {GAIN} {x} {o} [at the {scene}|from {M}|from the {scene}|for {h} {folk}|{when}].
{N's} {box} [~hold|~have|contained] {x} {o}.
[At first|At the start|In the beginning|At the beginning|Originally|First] [{N} ~have|there &be] {x} {o}.
{x} {o} &be [in|on|at] the {scene}.
{N} ~have a [collection|total|set|box|bag] of {x} {o}.
[If|Suppose|Say|Imagine] {N} ~have {x} {o}.
{N} ~have {x} {o} [in|on] {h} {scene}.
The {scene} [has|had|held|holds|contained] {x} {o}.
A {scene} has {x} {o} [in it|].
""")
GAIN = lines("""
[Then|Later|After that|{When}|] {N} {GAIN} [another {x}|{x} more|{x} more {o}|another {x} {o}|{x} extra {o}|{x} {o}].
[Then|Later|After that|{When}|] {N} {GAIN} {x} [more|more {o}|new {o}|other {o}] [at the {scene}|from {M}|{when}].
{M} [gave|gives|brought|brings|sent|sends|handed|passes|bought|mailed] {him} {x} [more|more {o}|{o}|of {h2} {o}].
[Then|Later|After that|{When}|] {x} [more|other|more {o}|new {o}|{o}] {COME}.
{x} more [{o}|] {COME} {when}.
{N} [~add|~put in|~place|~lay down] {x} more [{o}|] [|in the {scene}|to them|to the collection].
{M} [gave|lent|brought|sold] {x} [{o}|more {o}] to {him}.
[Then|Later|] {M} {M:ADDS} {x} [more|more {o}].
""")
LOSE = lines("""
[Then|Later|After that|{When}|But|] {N} {LOSE} {x} [of them|of the {o}|of {h} {o}|{o}|].
[Then|Later|After that|{When}|] {N} {LOSE} {x} {o} [|at the {scene}|in the {scene}|{when}].
{N} [gave|gives|sent|sends|handed|lends|lent|sold|sells|passed] {M} {x} [of them|{o}|of {h} {o}].
{N} [gave|gives|handed out|hands out|donated|sold|sends|lent] {x} [of them|{o}|of {h} {o}] to [{M}|{h} {folk}|the {scene}|a friend].
[Then|Later|After that|{When}|But|] {x} [of them|{o}|of the {o}] {GO}.
{x} [of them|{o}|of the {o}|] {GO} {when}.
{M} [took|takes|borrowed|stole|borrows|bought|carried off|removes] {x} [of them|{o}|of the {o}|of {h1} {o}].
[Only|Sadly,|Unfortunately,|Oops,|] {x} of [them|the {o}] {GO}.
{N} ~put {x} [of them|{o}] [away|in a {box}|in the {scene}|back].
""")
SOME = lines("""
{N} ~have [some|a few|a number of|several|many|a lot of|a bunch of|a box of|lots of] {o}.
There &be [some|several|many|a number of|a lot of|a few|lots of] {o} [in|on|at] the {scene}.
[At first|At the start|In the beginning|{When}] {N} ~have [some|a few|many|an unknown number of] {o}.
{N} {GAIN} [some|a few|several|many|a pile of|a bag of] {o}.
""")
LOSE_SOME = lines("""
[Then|Later|After that|{When}|But|] {N} {LOSE} [some|a few|several|some more|a number|many] [of them|of the {o}|{o}|of {h} {o}].
[Then|Later|After that|{When}|] [some|a few|several|many] of [them|the {o}] {GO}.
{N} [gave|gives|handed|sent|sold] {M} [some|a few|several|a number] of [them|{h} {o}|the {o}].
{M} [took|takes|borrowed|stole] [some|a few|several] of [them|the {o}].
[Some|Several|A few|A number] of the {o} {GO} [{when}|].
""")
GAIN_SOME = lines("""
[Then|Later|After that|{When}|] {N} {GAIN} [some|a few|several|some more|a few more|a number of|many] [more|more {o}|{o}|other {o}].
{M} [gave|gives|brought|sent|handed] {him} [some|a few|several|some more] [more|{o}|more {o}].
[Then|Later|After that|{When}|] [some|several|a few|some more|more|some new] {o} {COME}.
{N} ~add [some|a few|several] more [{o}|].
""")
NOW = lines("""
[Now|Now|In the end|At the end|Afterwards|After that|In total|Today] {N} [has|~have] {x} {o}[| in all| altogether].
[Now|Now|In the end|At the end] there [are|&be] {x} {o} [|in the {scene}|altogether].
{N} [~end up with|~have now|~be now at|~finish with] {x} {o}.
That [makes|made] {x} {o} [in all|altogether|in total|].
The {scene} now [has|holds] {x} {o}.
""")
LEFT = lines("""
[Now|Now|In the end|Then|] {N} [has|~have] [{x} {o} left|{x} left|only {x} {o} left|{x} remaining|only {x}|just {x} left].
[Now|Now|In the end|] there [are|&be] [only|just|] {x} [{o}|] [left|remaining|left over].
{x} [{o}|of them|] [are left|remain|remained|were left|stayed|&be left].
{N} still [has|~have] {x} [{o}|of them].
[Only|Just] {x} [were|are] left.
""")
ASK_NOW = lines("""
[How many {o}|How many {o}|What number of {o}] [does N have|do N have] [now|in all|altogether|in the end|in total|at the end|all together|].
How many {o} [are there|are there|are] [now|in all|altogether|in the end|in total|] [in the {scene}|].
[So how|How] many {o} [is that|does that make|are there in total|are there now|will there be|will N have|N end up with] [now|].
[Find|Tell me|Give|Work out|Calculate] [how many {o} N has [now|in the end]|the [number of {o} now|total number of {o}]]!
[What is|What's] the [total number|number|total] of {o} [now|in the end|that N has|].
How many does N have [now|in the end|altogether].
[How many {o} in all|how many now|how many {o} now|so how many {o} in total|How many {o}].
""")
ASK_LEFT = lines("""
How many {o} [are left|are left|remain|are still there|were left|are remaining|are left over|stay|are not gone].
How many [{o}|] does N [have left|still have|have remaining|have left over|keep|have now|have in the end].
How many [{o}|] did N have [left|remaining|in the end|at the end].
How many [{o}|] [are left|remain|remained|are there still|is that].
[Find|Tell me|Work out|Calculate] [how many {o} [are left|N has left|remain|N still has]|the number of {o} left]!
[What is|What's] [left|the number of {o} left|the number of remaining {o}].
[how many left|how many {o} left|so how many are left|How many {o} now].
How many {o} will [be left|N have left|remain|N still have].
How many {o} are there [now|in the {scene} now|still].
How many {o} does N have [now|left now].
""")
ASK_START = lines("""
How many {o} did N have [at first|in the beginning|at the start|to begin with|before|to start with|before that|originally|initially|at the beginning].
How many {o} were there [at first|in the beginning|before|originally|to begin with|at the start|before that|in the {scene} before].
[What was|Find] the [first|original|starting] number of {o}.
How many [{o}|] did N [start with|begin with|own before].
With how many {o} did N [start|begin].
""")
ASK_LOST = lines("""
How many {o} [did N {LOSE:base}|did N {LOSE:base}|are gone|are missing|were lost|went away|has N lost].
How many {o} [did N give away|were taken|disappeared|were given away|are no longer there|did N use|{GO:past}].
[How many|How many of them] {GO:past}.
How many [{o}|] did N [lose|give away|part with|give to {M!}].
[Find|Work out|Calculate] how many {o} [are gone|N {LOSE:past}|{GO:past}].
""")
ASK_GAINED = lines("""
How many {o} did N [{GAIN:base}|{GAIN:base}|get|add|receive|get from {M!}].
How many [more|new|] {o} [were added|did N get|arrived|came|{COME:past}|were brought].
How many [more|of them] {COME:past}.
How many {o} did {M!} [give|bring|send] [{him!}|N].
[Find|Work out|Calculate] how many {o} [were added|N {GAIN:past}|{COME:past}].
""")
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
TWICE = lines("""
{When} {N} {DONE} {x} {o}. {When2} {N} {DONE} {y} {o}.
{N} {DONE} {x} {o} {when} and {y} [{o}|more|] {when2}.
{N} {DONE} {x} {o} at the {scene} and [another|] {y} [{o}|] at home.
{N} {DONE} {x} {o}. {When2} {N} {DONE} {y} more.
[On|In] one [day|afternoon] {N} {DONE} {x} {o}, the next day {y}.
There &be {x} {o} in [one|the first] {box} and {y} [{o}|] in [another|the other|the second].
{N} {DONE} {x} {o} with {M} and {y} [{o}|] [alone|with {h} {folk}].
{x} {o} {COME} {when} and {y} {when2}.
{N} {DONE} {x} [big|small|red|blue] {o} and {y} [other|more|white|green] [{o}|ones].
The first {box} holds {x} {o}, the second [holds|] {y}.
""")
ASK_TWICE = lines("""
How many {o} did N {DONE:base} [in all|altogether|in total|all together|on both days|over the two days|].
How many {o} [is that|are there|are they|does that make] [in all|altogether|in total|all together].
[What is|What's|Find|Calculate] the [total|total number of {o}|sum|number of all {o}].
How many {o} [in total|in all|altogether].
How many [{o}|] [were|are] there [in both|together|in the two {boxes}].
How many {o} does N have [in all|altogether|now].
""")
ASK_TWICE_MORE = lines("""
How many more {o} did N {DONE:base} {when1} than {when2}.
[What is|What's|Find] the difference [between the two|].
How many more {o} [are there in the first {box} than in the second|{when1} than {when2}].
[By how many|How many] more {o} was it {when1} than {when2}.
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
BASE_TWO = lines("""
{N} ~have {x} {o1}.
There &be {x} {o1} [in|on|at] the {scene}.
{N} {GAIN} {x} {o1}.
The {scene} has {x} {o1}.
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
GROUPS = lines("""
There &be {x} {boxes} with {y} {o} [in each|in every {box}|each|in each {box}].
{N} ~have {x} {boxes}. [Each|Every] {box} [has|holds|contains|is filled with] {y} {o}.
{N} ~have {x} {boxes} [of|with] {y} {o} each.
[Each|Every|One] {box} [has|holds|contains|takes] {y} {o}. {N} [~have|~buy|~fill|~need] {x} [{boxes}|such {boxes}|of them].
{N} ~put {y} {o} [in|into|on] each [of|of the] {x} {boxes}.
{N} ~fill {x} {boxes} with {y} {o} [each|in each].
{x} {folk} [have|bring|brought|get|got|made|own|need] {y} {o} each.
[Each|Every one] of {x} {folk} [has|gets|got|brings|brought|needs|made] {y} {o}.
{N} [~have {x} {folk} and|] ~give [each of them|each of {x} {folk}|every one of the {x} {folk}] {y} {o}.
There are {x} {folk}. [Each|Each of them|Every one] [has|gets|brings|needs|wants] {y} {o}.
{N} {DONE} {y} {o} [every|each|a|per] [day|week|hour|morning|month|minute|evening] for {x} [days|weeks|hours|mornings|months|minutes|evenings].
{N} {DONE} {y} {o} [every|each|a|per] [day|week|hour|month].
In the {scene} [there are|you see|we have] {x} {boxes} and in [each|every one] [there are|we find] {y} {o}.
{N} ~arrange {o} in {x} [rows|columns|lines|stacks] [of|with] {y} [{o}|] [each|].
{N} {GAIN} {x} [{boxes}|packs|boxes|bags] of {o}. [There are|Each has] {y} {o} in [each|each one|every {box}|a {box}].
{y} {o} [fit|fit|go|are] in [each|one|a] {box}. [There are {x} {boxes}|{N} ~fill {x} {boxes}].
""")
GROUPS_FOR = "for {x} [days|weeks|hours|months]"
ASK_TOTAL = lines("""
How many {o} [are there|is that|does that make|are they] [in all|altogether|in total|].
How many {o} [does N have|did N {DONE:base}|does N need|does N have] [in all|altogether|in total|].
[What is|What's|Find|Calculate|Work out] the total [number of {o}|].
How many {o} [in all|altogether|in total].
How many {o} are there in [all the {boxes}|all {x} {boxes}|the {boxes}].
How many [{o}|] do they have [in all|together|altogether].
How many {o} [will there be|will N have|are needed|does N need].
""")
SHARE = lines("""
{N} [~share|~divide|~split|~distribute] {x} {o} [equally|evenly|fairly] [among|between|with] {y} {folk}.
{N} ~have {x} {o} [to share|to divide|to split|to give out] [equally|evenly] among {y} {folk}.
{x} {o} are [shared|divided|split|distributed|handed out] [equally|evenly] [among|to|between] {y} {folk}.
{N} ~put {x} {o} [equally|evenly|in equal numbers] [into|in] {y} {boxes}.
{N} ~put {x} {o} into {y} {boxes}, the same number in each.
{y} {folk} [share|split|divide] {x} {o} [equally|evenly|fairly].
{N} ~have {x} {o} and {y} {boxes}. {N} ~want [the same number of {o}|equally many {o}] in [each|every] {box}.
There are {x} {o} for {y} {folk}. [Everyone gets the same number.|All get the same.|They share equally.]
{N} ~give {x} {o} to {y} {folk}[. Each gets the same number|, equally many to each|, the same number each].
{x} {o} are [placed|packed|arranged|put|planted] in {y} equal [rows|{boxes}|groups|piles|stacks].
{N} ~have {y} {folk} and {x} {o}. [If they are shared equally,|They are divided equally.|{N} ~want to be fair.]
If {N} ~have {x} {o} and [they are divided|divides them] equally among {y} {folk},
{x} {o} [weigh|come] in {y} equal {boxes}.
{N} {DONE} {x} {o} in {y} [days|weeks|hours], the same number [each day|every time|each time].
""")
ASK_EACH = lines("""
How many {o} [does each get|does each one get|are for each|go to each|does everyone get|does each of them get|will each get|did each get|per head].
How many {o} [are in each|are there in each|does each hold|will be in each] [{box}|one|group|part|of them].
How many {o} [for each|each|apiece|per {box}|in each {box}|in one {box}|is that for each].
[What is|What's|Find] the share of each.
How many [does each get|for each of them|does everybody get|are in each].
How many {o} will each [have|receive|get|{box} hold].
""")
PACK = lines("""
{N} [~pack|~put|~sort|~arrange] {x} {o} [in|into] {boxes} of {y}.
{N} ~have {x} {o}. [Each|Every|One|A] {box} [holds|takes|has room for|fits|needs|can hold] {y} [{o}|].
{N} ~want to put {x} {o} [in|into] {boxes} [of|with] {y} [{o}|] [each|].
[Each|One|Every] {box} [holds|takes|fits|can hold|needs] {y} {o}. {N} ~have {x} [{o}|].
{N} ~have {x} {o} and ~put {y} [{o}|] [in|into] each {box}.
{x} {o} are [packed|put|sorted|placed|split up|arranged] [in|into] {boxes} [of|with] {y} [each|].
{x} {o} [want to sit|go|stand|travel|ride|live|lie|line up] {y} to [a|each|one] {box}.
{N} [~give|~hand] {y} {o} to each [child|friend|kid|guest|pupil]. {N} ~have {x} {o}.
{N} {DONE} {x} {o}, {y} [{o}|] [a|each|every|per] day.
{N} ~need {x} {o}. [They come in {boxes} of {y}.|There are {y} {o} in [a|each] {box}.|{N} [gets|can get] {y} a day.]
If {y} {o} [go|fit] [in|into] [one|each|a] {box} and there are {x} {o},
It takes {y} {o} [to fill|for|to make] [a|one] {box}. {N} ~have {x} {o}.
""")
ASK_GROUPS = lines("""
How many {boxes} [are needed|does N need|does N fill|will N need|can N fill|are there|is that|can be filled|will there be|can be made].
How many {boxes} [did N need|did N fill|does it take|will it take|do we need|will they fill|must N buy].
[Find|Work out|What is] the number of {boxes}.
How many {boxes} [can N make|in all|does that make|are filled].
""")
ASK_SERVED = lines("""
How many [children|friends|kids|people|guests|pupils] [can get some|get {o}|does N serve|can N give {o} to].
How many [days|weeks] [will it take|does it take|will they last|does that take|is that|will {o} last].
""")
ASK_REST = lines("""
How many {o} [are left over|are left|remain|are left at the end|will be left over|don't fit|stay over|are not in a full {box}].
How many {o} [does N have left|will be left|does N keep] [after that|in the end|over|].
""")
ASK_FULL = lines("""
How many full {boxes} [are there|does N get|can N make|is that].
How many {boxes} [are full|can be filled completely|can N fill completely].
""")
ASK_FOR_ALL = lines("""
How many {boxes} [are needed for all [of them|the {o}]|does N need [for all of them|so that all {o} fit|so that nothing is left over]].
How many {boxes} [at least|at the least|must there be|are needed at least] so that [all|all the {o}|every one of them] [fit|have a place].
""")
EXTRA_MORE = lines("""
[There &be|{N} ~have] {z} [more|extra|other|loose|single|additional] {o} [in|on|at] the {scene}.
{N} [also|] {GAIN} {z} [more|loose|extra|single] {o} [|{when}].
[Another|And another|And] {z} {o} [lie|are|stand|wait] [in|on|by] the {scene}.
{M} [gave|gives|brings|brought] {him} {z} more [{o}|].
There are also {z} [{o} outside|{o} in the {scene}|loose ones].
Then {z} more {o} {COME}.
""")
MHAVE = lines("""
{N} ~have {$x}[| in {h} [pocket|wallet|piggy bank|purse|bank account|bag]].
{N} [~own|~start with|~begin with|~take along|~bring along] {$x}.
{N} [~get|~earn|~find|~save] {$x} [|{when}|for {h} birthday|from {M}|by working].
There &be {$x} in [{N's} [pocket|wallet|purse|piggy bank]|the cash box].
[At first|In the beginning|{When}] {N} ~have {$x}.
{N} ~go to the {scene} with {$x}.
[If|Suppose] {N} ~have {$x}.
{M} [gave|gives] {him} {$x}.
""")
MLOSE = lines("""
[Then|Later|After that|{When}|] {N} {MLOSE} {$x} [|of it|on {o}|for {o}|at the {scene}|for a {s}|on a {s}|on food|for lunch].
{N} [~buy|~purchase|~order] [a {s}|some {o}|{o}|a ticket] for {$x}.
{N} [~buy|~get|~pick out] a {s} that [costs|cost] {$x}.
{N} [gave|gives|lends|pays|paid] {M} {$x}.
[A {s}|The {s}|Lunch|The trip|The {o}|A ticket] [costs|cost] {him} {$x}.
{$x} [is|was] [spent|lost|stolen|used] [|{when}].
{N} [gave|donates|gives|lost] {$x} to [{M}|charity|the {scene}|{h} {folk}].
""")
MGAIN = lines("""
[Then|Later|After that|{When}|] {N} {MGAIN} [{$x}|{$x} more|another {$x}] [|from {M}|for {h} birthday|{when}|by selling {o}|at the {scene}|for work].
{M} [gave|gives|paid|lends|sent] {him} [{$x}|{$x} more|another {$x}].
{N} ~sell [a {s}|some {o}|{h} {o}] for {$x}.
""")
ASK_MNOW = lines("""
How [much|much money] [does N have|does N have|has N got] [now|in all|altogether|in total|in the end].
How much [money is that|is that|does N have altogether|does that make] [in all|now|].
How many {cur} does N have [now|in all|in total|altogether].
[What is|Find] [the total|the amount N has now|the whole sum].
""")
ASK_MLEFT = lines("""
How [much|much money] [is left|does N have left|does N have now|remains|does N still have|will N have left|did N have left|is still there|did N keep].
How many {cur} [are left|does N have left|does N still have|remain|does N have now].
[What is|What's] left[| of the money].
[How much left|how much money is left|how much do N have left|how much now].
""")
ASK_MSTART = lines("""
How [much|much money] did N have [at first|before|in the beginning|to begin with|originally|before that].
How many {cur} did N [have at first|start with|begin with|have before].
""")
ASK_MLOST = lines("""
How [much|much money|many {cur}] did N [spend|spend|pay|give away|use|lose].
How much [was spent|did it cost|did the {o} cost|is gone].
""")
ASK_MGAINED = lines("""
How [much|much money|many {cur}] did N [get|earn|receive|get].
How much [was added|did N get from {M!}|money came in].
""")
MSOME = lines("""
{N} ~have [some money|some {cur}|some money in {h} pocket].
{N} ~go to the {scene} with some money.
""")
MLOSE_SOME = lines("""
[Then|Later|] {N} {MLOSE} some [money|of it|{cur}] [|at the {scene}|on {o}].
{N} ~buy [a {s}|some {o}].
""")
MGAIN_SOME = lines("""
[Then|Later|] {N} {MGAIN} [some|some more] [money|{cur}] [|from {M}|for {h} birthday].
{M} [gave|gives] {him} some [money|more money].
""")
MNOW = lines("""
[Now|In the end|At the end|After that|] {N} [has|~have] {$x} [|in all|altogether].
[Now|In the end] there is {$x}.
""")
MLEFT = lines("""
[Now|In the end|Then|After that|] {N} [has|~have] [only|] {$x} left.
{$x} [is|was|are|were] left.
{N} [comes home with|came back with|still has|is left with] {$x}.
""")
GOAL = lines("""
{N} [~want|~want to buy|~need|~would like|~dream of|~wish for] a {s} [that costs|for|which costs|that is] {$x}.
A {s} costs {$x}. {N} [~want|~want to buy] [one|it].
{N} ~be saving [for a {s} that costs {$x}|up {$x} for a {s}|for a {s}. It costs {$x}].
{N} [~need|~want to save|~want to collect|~must pay] {$x} [for a {s}|].
The {s} that {N} ~want [costs|is] {$x}.
""")
SAVED = lines("""
{N} [has|has saved|already has|has got|only has|~have|has so far saved] {$y} [|so far|already].
{N} has [already|] [saved|put aside|collected] {$y}.
So far {N} [has|saved] {$y}.
{h} [savings are|wallet has] {$y}.
""")
SAVED_MORE = lines("""
{M} [gives|gave] {him} {$z} [more|].
{N} [gets|earned|earns|saves|finds] [another|] {$z} [more|] [|{when}|from {M}].
""")
ASK_MISSING = lines("""
How much [more|more money|money] does N [need|still need|have to save|need to save|need to get|lack].
How [many more {cur}|much more] [does N need|must N save|are needed|are missing|to go].
How much is [missing|still missing|lacking].
How many {cur} [are missing|does N still need|is N short].
""")
GOAL_THINGS = lines("""
{N} [~need|~want|~want to collect|~have to make|~want to {DONE:base}|~plan to {DONE:base}|~must {DONE:base}] {x} {o}.
{N's} [goal|plan|aim] is {x} {o}.
{N} ~have to {DONE:base} {x} {o}.
""")
SAVED_THINGS = lines("""
{N} [already has|has|~have|already {DONE}|only has] {y} [{o}|of them|].
[So far|Until now|Up to now] {N} [has|{DONE}] {y} [{o}|].
{N} has [already|only|] {y} [{o}|].
""")
ASK_MISSING_THINGS = lines("""
How many [more|more {o}|{o}] does N [need|still need|have to {DONE:base}|need to {DONE:base}|have to get|lack].
How many {o} [are missing|are still to do|does N still have to {DONE:base}|must N still {DONE:base}|are left to {DONE:base}].
How many more {o} [must N {DONE:base}|should N {DONE:base}|are needed|to go].
""")
PRICE = lines("""
[One|A|Each|Every] {s} [costs|is|costs|sells for] {$y}. {N} [~buy|~take|~want|~order|~need] {x} [of them|{o}|].
{N} [~buy|~order|~get|~take] {x} {o} [at|for] {$y} each.
{N} ~buy {x} {o}. [Each|One|Every one] [costs|cost|is] {$y}.
{N} ~buy {x} {o} for {$y} [each|apiece|a piece|per {s}].
[The price of|] [one {s}|a {s}] is {$y}. {N} [~buy|~need|~want] {x} [{o}|].
{o} [cost|are|sell for] {$y} [each|a piece|apiece]. {N} ~buy {x}.
{N} ~pay {$y} for [each|every one] of {x} {o}.
{N} ~sell {x} {o} [at|for] {$y} each.
{x} {o} cost {$y} each.
A {s} costs {$y}.
""")
ASK_COST = lines("""
How much [does N pay|did N pay|is that|does that cost|do they cost|do they cost in all|is it|must N pay|does it cost] [in all|altogether|in total|].
How much [do|would|will] {x} {o} cost.
How much [money|] [does N need|did N spend|do the {o} cost|are {x} {o}] [in all|altogether|].
How many {cur} [does N pay|is that|did N spend|does N need] [in all|altogether|].
[What is|What's|Find|Calculate] the [total|total price|total cost|price of all of them|bill|price for {x} {o}|cost].
""")
ASK_EARNED = lines("""
How much [money|] [does N earn|did N earn|does N make|did N make|does N get] [in all|altogether|].
How many {cur} [does N earn|does N get|did N make] [in all|].
""")
WAGE = lines("""
{N} [~earn|~get|~make|~be paid] {$y} [an hour|per hour|for each hour|every hour]. {N} [~work|~work for] {x} hours.
{N} [~earn|~get|~make|~save] {$y} [a|per|every|each] [day|week|month|lesson]. {N} [~work|~do this|~go on] for {x} [days|weeks|months|lessons].
For [each|every|one] [hour|lawn|car|room|dog|lesson] {N} [~get|~earn] {$y}. {N} ~do {x} [of them|].
{N} [~save|~earn|~get] {$y} [a|every|each|per] [day|week|month] for {x} [days|weeks|months].
""")
BILL = lines("""
{N} [~also buy|~also pay for|~also take] a [{s2}|ticket] for {$z}.
A {s2} [for|that costs] {$z} [is also bought|comes on top|goes into the basket too].
{N} also [~buy|~get] a {s2} [that costs|for|at] {$z}.
[On top|Besides|In addition], {N} [~pay|~spend] {$z} [for a {s2}|on {o2}].
""")
TIP = lines("""
{N} also ~get [a tip of|a gift of|a bonus of|] {$z}[| from {M}].
{M} [gives|gave] {him} [another|an extra] {$z}.
""")
PAID = lines("""
{N} [~pay|pays] with [{$z}|a {$z} bill|a {$z} note].
{N} [gives|gave|hands] the [seller|cashier|clerk] {$z}.
{N} [~have|has] {$z}.
""")
ASK_CHANGE = lines("""
How much [change|money] [does N get back|does N get|did N get back|does N have left|did N get|is left|comes back|does N receive].
How much change [is that|is there|will N get].
How many {cur} [does N get back|are left|does N have left].
[What is|Find] the change.
""")
UNIT = lines("""
{x} {o} cost {$y} [in all|altogether|in total|together|].
{N} ~pay {$y} for {x} {o} [|of the same price|that cost the same].
{N} ~buy {x} [identical|equal|] {o} for {$y} [in all|altogether|].
{N} ~spend {$y} on {x} [identical|] {o}.
{N} [~earn|~get|~make] {$y} for {x} {o}.
""")
ASK_UNIT = lines("""
How much [does one {s} cost|is one {s}|does each {s} cost|did each {s} cost|is each {s}|for one|does one cost|was each].
[What is|What's|Find] the price of [one {s}|each {s}|a {s}|one].
How many {cur} [does one {s} cost|is one {s}|per {s}].
""")
BUDGET = lines("""
{N} ~have {$x}. [A|One|Each] {s} [costs|is] {$y}.
[A|One|Each] {s} [costs|is] {$y}. {N} [~have|has|~spend] {$x} [|for {o}|on {o}].
{N} ~spend {$x} on {o} that cost {$y} each.
{N} ~save {$y} [a|every|each] week and [~want|~need] {$x}.
With {$x} in the pocket {N} ~go to buy {o} [at|for] {$y} each.
""")
ASK_BUY = lines("""
How many {o} [can N buy|does N get|can N get|can N afford|did N buy|does N buy|is that].
How many [can N buy|did N buy|does N get].
""")
ASK_WEEKS = lines("""
How many weeks does [it take|N need|that take].
""")
MEASURE_CUT = lines("""
[A|The|A] {strip} is {x} {len} long. {N} [~cut off|~use|~take off|~need|~cut away|~saw off] {y} {len}.
{N} ~have {x} {len} of {strip}. {N} [~use|~cut off|~need|~give away] {y} {len} [of it|].
{N} ~have {x} {weight} of {grain}. {N} [~use|~sell|~eat|~need|~give away|~spill] {y} {weight} [of it|for a cake|].
There &be {x} {vol} of {fluid} in the [tank|bottle|barrel|bucket|jug|pot]. {N} [~drink|~use|~spill|~pour out|~take] {y} {vol}.
A [tank|bottle|barrel|jug|bucket] [has|holds|contains] {x} {vol} of {fluid}. {y} {vol} [leak out|are used|are poured out|run out|flow out].
The [trip|way|road|walk|flight|race|tour] is {x} {way} [long|]. {N} has [already|] [gone|done|driven|walked|covered|ridden] {y} {way}.
The [film|movie|lesson|trip|show|song|ride|game] [takes|lasts|is] {x} {time} [long|]. {y} {time} [have passed|are over|are gone|have gone by].
{N} ~be {x} {len} above the ground and [climbs|goes|comes|slides] down {y} {len}.
""")
ASK_CUT = lines("""
How [much|many {u}] [is left|are left|remain|remains].
How [long|much|far] is [the rest|what is left|left].
How many {u} [are still to go|are still left|are left over|stay|does N have left].
How [much longer|much further] [is it|].
How long is it now.
How much {stuff} [is left|remains|is still there|does N have left|is there now].
""")
MEASURE_SUM = lines("""
{N} [~walk|~run|~drive|~ride|~jog|~hike|~swim|~cycle] {x} {way} {when} and {y} {way} {when2}.
{N} [~walk|~run|~drive|~ride] {x} {way} to the {scene} and then {y} {way} to the {scene2}.
{N} [~read|~work|~play|~study|~sleep|~practise|~train] {x} {time} {when} and {y} {time} {when2}.
One {strip} is {x} {len} long, [the other|another] [is|] {y} {len}.
{N} [~buy|~use|~need|~pick] {x} {weight} of {grain} and {y} {weight} of {grain2}.
{N} ~pour {x} {vol} of {fluid} and {y} {vol} of [water|{fluid2}] into a [pot|tank|bowl].
The first part takes {x} {time}, the second [part|] [takes|] {y} {time}.
{When} {N} [~walk|~run|~drive|~ride] {x} {way}. {When2} {N} [~walk|~run|~drive] [another|] {y} {way}.
[It takes {N} {x} {time} to the {scene} and|First {N} ~need {x} {time}, then] {y} {time} more.
""")
ASK_SUM = lines("""
How [many {u}|much|many {u}] [is that|is it|are that] [in all|altogether|in total|all together].
[What is|Find] the [total|total length|total distance|whole distance|total time|total weight|sum].
How many {u} [in all|altogether|in total].
How [far|long|much] [is that|does N go|did N go|is it] [in all|altogether|in total].
How many {u} did N [do|cover|use|go|have] [in all|altogether|].
""")
MEASURE_TWO = lines("""
{N} ~be {x} {len} tall[.| and] {M} ^be {y} {len} [tall|].
{N} [~weigh|~carry|~lift] {x} {weight}[.| and] {M} [^weigh|^carry|^lift] {y} {weight}.
{N} [~run|~walk|~swim|~jump|~throw a ball] {x} {way}[.| and] {M} [^run|^walk|^swim] {y} {way}.
{N} [~need|~take|~work|~read] {x} {time}[.| and] {M} [^need|^take|^work|^read] {y} {time}.
[The first|One] {strip} is {x} {len} [long|], [the second|the other] {y} {len}.
{N} ~be {x} [years old|]. {M} ^be {y} [years old|].
{N} ~be {x} years old and {M} ^be {y}.
{N} ~score {x} points and {M} {y}.
The {s} weighs {x} {weight}, the {s2} {y} {weight}.
The {s} costs {$x}, the {s2} [costs|] {$y}.
""")
ASK_TWO_DIFF = lines("""
How much [taller|heavier|longer|older|farther|more|faster] [is N than M|is the first|is N|is it].
How many {u} [more|more is that|is the difference|taller is N|older is N|longer is it].
[What is|What's|Find] the difference.
By how [much|many {u}] is [N|the first one] [ahead|more|bigger|taller|older|heavier].
How many years older is N than M.
How many {u} less does M have.
how much more is it.
How much [more|less] does [the {s}|it|the {s2}] [cost|weigh] than [the {s2}|the other|the {s}].
""")
AGE = lines("""
{N} ~be {x} [years old|] [|today|now].
[Today|Now] {N} ~be {x} years old.
{N} is {x} years of age.
""")
AGE_MORE = lines("""
{M} is {y} years older [than {N!}|].
{N} is {y} years younger than {M}.
""")
AGE_LESS = lines("""
{M} is {y} years younger [than {N!}|].
{N} is {y} years older than {M}.
""")
AGE_TIMES = lines("""
{M} is {y*} as old [as {N!}|].
{M's} age is {y*} {N's!} [age|].
""")
AGE_ONCE = lines("""
{N} is {y*} as old as {M}.
""")
ASK_AGE = lines("""
How old is M.
[What is|Find] M's age.
How many years old is M.
how old is M now.
""")
AGE_LATER = lines("""
{N} is {x} years old [now|today|].
""")
ASK_AGE_LATER = lines("""
How old will N be in {y} years.
[What age|How old] will N be {y} years from now.
In {y} years, how old will N be.
""")
ASK_AGE_BEFORE = lines("""
How old was N {y} years ago.
{y} years ago, how old was N.
""")
RATE = lines("""
{N} [~walk|~run|~drive|~ride|~fly|~go|~sail] {y} {way} [an hour|per hour|every hour|each hour|in one hour] for {x} hours.
[A|The] [car|train|bus|ship|horse|plane|bike] [goes|drives|travels|covers] {y} {way} [an hour|per hour|every hour|each hour]. [It goes for {x} hours.|The trip takes {x} hours.]
[A|The] [tap|pump|pipe|machine] [fills|gives|pumps|makes] {y} {vol} [a minute|per minute|every minute|each minute]. It runs for {x} minutes.
{N} [~drink|~use|~sell|~need] {y} {vol} of {fluid} [a|every|each|per] day for {x} days.
{N} [~use|~eat|~sell|~need] {y} {weight} of {grain} [a|every|each|per] week for {x} weeks.
[One|Each|A] [bag|sack|box|pack] [of {grain}|] weighs {y} {weight}. There are {x} [bags|sacks|of them].
{N} ~cut [a|the] {strip} into {x} pieces of {y} {len} [each|].
{N} [~read|~practise|~work|~play|~train|~sleep] {y} {time} [a|every|each|per] day. {N} [~do|~keep up] this for {x} days.
[Each|One] [side|step|piece|part|lap] is {y} {way} long and there are {x} [of them|].
""")
ASK_RATE = lines("""
How [many {u}|far|much|many {u}] [is that|is it|does that make|] [in all|altogether|in total|].
How many {u} [in all|altogether|are needed|does N need|in total|is it].
[What is|Find] the [total|whole distance|total amount].
""")
ASK_RATE_FAR = ASK_RATE
CUT_EQUAL = lines("""
[A|The] {strip} of {x} {len} is cut into {y} equal [pieces|parts].
{N} ~cut a {strip} of {x} {len} into {y} [equal pieces|pieces of the same length].
{N} ~divide {x} {weight} of {grain} equally [into|among] {y} [bags|parts|people].
{N} ~pour {x} {vol} of {fluid} evenly into {y} [glasses|bottles|cups|jugs].
{N} [~walk|~drive|~run|~ride] {x} {way} in {y} [days|hours], [the same every time|the same distance each time|always equally far].
{N} [~work|~read|~train|~play] {x} {time} in {y} days, equally long every day.
""")
ASK_PIECE = lines("""
How [long|much] is each [piece|part|].
How many {u} [is each piece|in each|does each get|is one part|are in each|is that each time|per day|is that a day].
[What is|Find] the length of [each|one] piece.
How much is in each.
""")
CUT_PIECES = lines("""
{N} ~cut [a|the] {strip} of {x} {len} into pieces of {y} {len}.
{N} ~have {x} {weight} of {grain} and ~fill bags of {y} {weight}.
{N} ~pour {x} {vol} of {fluid} into bottles of {y} {vol}.
[It is|The way is] {x} {way}. {N} [~go|~drive|~walk] {y} {way} [a day|every day|an hour|each hour].
""")
ASK_PIECES = lines("""
How many [pieces|parts|bags|bottles|days|hours|of them] [does N get|are there|is that|will it take|does it take|does it need|are needed].
""")
CREW = lines("""
There &be {x} {folk2} [on|in|at] the [bus|train|boat|{scene}|tram|plane|room|park|ship].
[A|The] [bus|train|boat|tram|class|team|club|camp|{scene}] [has|carries|had|carried] {x} {folk2}.
{x} {folk2} [are|were|sit|sat|wait|stand|play|work] [in|on|at] the [bus|train|boat|{scene}|tram].
{x} {folk2} [go|went|ride|rode|come|came] to the {scene}.
""")
CREW_OFF = lines("""
[Then|Later|At the [first|next] stop|After a while|After lunch|At noon|] {y} [of them|{folk2}|people|] [get off|got off|left|leave|went home|go home|walk out|step out|go away|went away|are called home].
{y} [of them|] [got off|left|went out|leave|are sent home|go home early|quit|drop out|have to go|cannot stay].
""")
CREW_ON = lines("""
[Then|Later|At the [first|next] stop|After a while|] {y} [more|more {folk2}|others|new {folk2}|people|] [get on|got on|come in|came in|join|joined|enter|entered|arrive|step in|come|board].
{y} [more|other] {folk2} [come|join them|joined|get on|arrived|walk in|sat down too].
""")
ASK_CREW = lines("""
How many {folk2} are [there|on the [bus|train|boat|tram]|in the {scene}|there] [now|].
How many {folk2} [are there now|are left|remain|is that now|are there in the end|are on it now].
How many people are [there|in it|on it|on board] [now|in the end].
""")
ROOM = lines("""
[The|A] [hall|bus|theater|cinema|stadium|plane|train|room|restaurant|parking lot] has {x} [seats|places|chairs|spots].
There are {x} [seats|places|chairs] [in|on] the [hall|bus|theater|cinema|stadium|plane|train|room|restaurant].
""")
ROOM_TAKEN = lines("""
{y} [of them|seats|places|] are [taken|occupied|full|used|reserved|already taken].
{y} [people|guests|visitors] [are sitting|have sat down|sit there|came|have a place].
""")
ASK_FREE = lines("""
How many [seats|places|chairs|of them] are [free|empty|still free|left|not taken|unused|open].
How many [free|empty] [seats|places] are there.
""")
THEN_SHARE = lines("""
[Then|The rest|After that|] {N} [~share|~divide|~split] [them all|all of them|the rest|them|what is left] [equally|evenly] [among|between] {z} {folk}.
[Then|] [they|all of them|the rest] [are|were] [shared|divided|put|split] [equally|evenly] [among {z} {folk}|into {z} {boxes}].
{N} ~put [them|all of them|the rest|them all] [equally|evenly] [into|in] {z} {boxes}.
{z} {folk} [share|split|get] [them|the rest|all of them] [equally|evenly].
[They|The {o}] go [evenly|equally] into {z} {boxes}, the same number in each.
""")
THEN_PACK = lines("""
{N} [~pack|~put] [them all|all of them|the rest|them|all the {o}] into {boxes} of {z}.
[Each|Every|One] {box} [holds|takes|fits] {z} [{o}|].
[They|The rest|All of them] [are|were] [packed|put|placed] [in|into] {boxes} of {z}[| each].
{N} ~put {z} [{o}|of them|] [in|into] each {box}.
""")
LOSE_BOXES = lines("""
{N} [~lose|~sell|~give away|~throw away] {z} [of the {boxes}|{boxes}|of them].
{z} [{boxes}|of the {boxes}|of them] [are|were] [sold|lost|given away|empty|broken|thrown away].
""")
GAIN_BOXES = lines("""
{N} [~buy|~get|~find] {z} more [{boxes}|of them].
{z} more {boxes} [are brought|come|are added|arrive].
""")
BOXES_HAVE = lines("""
{N} ~have {x} {boxes} of {o}.
There &be {x} {boxes} of {o} [in|at] the {scene}.
{N} {GAIN} {x} {boxes} of {o}.
""")
EACH_HOLDS = lines("""
[Each|Every|One] {box} [has|holds|contains] {y} {o}.
There are {y} {o} in [each|every|one] {box}.
""")
THIRD_HAS = lines("""
{T} [has|had] {z} [{o}|].
[And|Finally,|] {T} [has|had|brings|brought] {z} [{o}|more|].
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
COST_TWO = lines("""
[A|One|The] {s} costs {$x} and [a|one|the] {s2} [costs|is|] {$y}.
{N} ~buy a {s} for {$x} and a {s2} for {$y}.
{N} [~spend|~pay] {$x} [on|for] {o} and {$y} [on|for] {o2}.
{N} ~buy a {s} [that costs|for] {$x}. {N} also [~buy|~get] a {s2} for {$y}.
The {s} is {$x}, the {s2} {$y}.
""")
ASK_COST_TWO = lines("""
How much [do both cost|do they cost together|did N spend|does N pay|is that|do the two cost|did it cost] [in all|altogether|in total|].
How much money did N [spend|pay|need] [in all|altogether|].
How many {cur} [is that|did N spend|does N pay] [in all|in total|altogether].
What is the total [cost|price|].
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
TASK = lines("""
[A|The|This|{N's}] [book|homework|list|album|test|puzzle|game|job|order|song book] has {x} {o}.
{N} ~have {x} {o} to {DONE:base}.
There are {x} {o} [to {DONE:base}|for {N} to {DONE:base}].
""")
TASK_DONE = lines("""
{N} has [already|so far|] [done|finished|completed] {y} [of them|{o}|].
{N} {DONE} {y} [of them|{o}|] [already|{when}|so far].
{y} [of them|] are [done|finished|ready|complete].
""")
ASK_TODO = lines("""
How many [{o}|more|more {o}|] [are left|must N still {DONE:base}|does N still have to {DONE:base}|are still to do|does N have left to {DONE:base}|remain|does N still need to do].
How many {o} [are not done|are unfinished|has N not done yet|are left to {DONE:base}].
""")
PARTS = lines("""
[Each|Every|One|A] {s} has {y} {parts}. [There are {x} {o}|{N} ~have {x} {o}|{N} ~see {x} {o}] [in the {scene}|].
{N} ~have {x} {o}. [Each|Every one|Each one] has {y} {parts}.
There are {x} {o} with {y} {parts} each.
If [each|a|one] {s} has {y} {parts}, [think of {x} {o}|look at {x} {o}|there are {x} {o}].
[A|Each] {s} has {y} {parts}.
""")
ASK_PARTS = lines("""
How many {parts} [are there|are there|is that|do they have] [in all|altogether|in total|].
How many {parts} do {x} {o} have [altogether|in all|].
[What is|Find] the [total number|number] of {parts}.
How many {parts} do [all of them|the {o}|{x} {o}] have.
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
PACKS_COST = lines("""
{N} ~buy {x} {boxes} of {o}. [Each|Every] {box} has {y} {o} [inside|] and costs {$z}.
A {box} [of|with] {y} {o} costs {$z}. {N} ~buy {x} [{boxes}|of them].
There are {y} {o} in a {box}, and a {box} costs {$z}. {N} ~take {x} {boxes}.
""")
ASK_PACKS = lines("""
How much [money|] [does N pay|did N pay|does N spend|is that] [in all|altogether|].
What is the [total cost|total price|price of all the {boxes}].
How many {cur} does N pay [in all|altogether|].
""")
ASK_ALL = lines("""
How many {o} do [they|all of them|the three|N, M and T] have [together|in all|altogether|in total|].
How many {o} [are there|is that] [in all|altogether|in total].
What is the total [number of {o}|].
""")
NESTED = lines("""
{N} ~have {x} {boxes}. [Each|Every] {box} [has|holds|contains] {y} [bags|packs|small boxes|rows|layers] [of|with] {z} {o} [each|].
There are {x} {boxes} with {y} [bags|packs|layers|rows] in each, and {z} {o} in [each|every] [one|bag|pack].
[Each|Every] of {x} {folk} has {y} [bags|packs|boxes] with {z} {o} [in each|each].
{N} {DONE} {y} {o} [a|every|each] [day|morning], {z} days a week, for {x} weeks.
""")
ASK_OTHER_COST = lines("""
How much [do|would|will] {z} {o} cost.
How much [do|would] {z} [of them|such {o}|] cost.
How many {cur} [do|would] {z} {o} cost.
What is the price [of|for] {z} {o}.
{N} [wants|needs] {z} {o}. How much [is that|does N pay|must N pay].
""")
M_TWICE = lines("""
{N} {MDO} {$x} {when} and {$y} {when2}.
{When} {N} {MDO} {$x}. {When2} {N} {MDO} {$y} [more|].
{N} {MDO} {$x} {when} and {$y} [more|] {when2}.
{N} {MDO} {$x} {when}, [but|and|then] {$y} {when2}.
""")
M_EARNED = lines("""
{N} [~earn|~get|~receive] {$x} from {M} {when} and {$y} {when2}.
{N} ~earn {$x} {when} and {$y} [more|] {when2}.
{N} ~get {$x} for [work|{h} {o}|{h} birthday] and {$y} from {M}.
""")
ASK_M_TWICE = lines("""
How [much|much money|many {cur}] is that [in all|altogether|in total].
How [much|much money|many {cur}] [did N {MDO:base}|did N {MDO:base}|is it] [in all|altogether|in total].
What is the total [amount|].
""")
ASK_M_MORE = lines("""
How much more [money|] [was it {when1} than {when2}|did N {MDO:base} {when1}|did N {MDO:base} {when1} than {when2}].
How many {cur} more [was it|is it] {when1} than {when2}.
What is the difference [between the two|].
""")
M_PAIR = lines("""
{N} {MDO} {$x} and {M} {M:MDO} {$y}.
{N} {MDO} {$x}. {M} {M:MDO} {$y}.
{N} {MDO} {$x}, [but|while] {M} [only|] {M:MDO} {$y}.
""")
ASK_M_TOGETHER = lines("""
How [much|much money|many {cur}] do [they|both|N and M|the two] have [together|in all|altogether].
How much [money|] is that [together|in all|altogether].
How [much|much money] did [they|N and M] {MDO:base} [together|in all|altogether].
""")
ASK_M_AHEAD = lines("""
How much [more|more money] [did N {MDO:base}|did N {MDO:base}|is that for N] than M.
How many {cur} more did N {MDO:base} than M.
How [much|many {cur}] less did M {MDO:base}.
""")
OTHER_BIGGER = lines("""
{M} is {y} {len} taller [than {N!}|].
{N!} is {y} {len} [shorter|smaller] than {M}.
{M} is {y} {len} [bigger|taller].
""")
TALL = lines("""
{N} is {x} {len} [tall|].
{N!} is {x} {len} [tall|high].
""")
OTHER_SHORTER = lines("""
{M} is {y} {len} [shorter|smaller] [than {N!}|].
{N!} is {y} {len} taller than {M}.
""")
ASK_TALL = lines("""
How tall is M.
What is M's height.
""")
WEIGHS = lines("""
{N} [weighs|carries|lifts|picks|uses|eats] {x} {weight} [of {grain}|].
The {s} weighs {x} {weight}.
The {strip} is {x} {weight} [heavy|].
""")
OTHER_HEAVIER = lines("""
The {s2} [weighs {y} {weight} more|is {y} {weight} heavier].
[That|It] is {y} {weight} less than the {s2} [weighs|].
""")
OTHER_LIGHTER = lines("""
The {s2} [weighs {y} {weight} less|is {y} {weight} lighter].
[That|It] is {y} {weight} more than the {s2} [weighs|].
""")
ASK_HEAVY = lines("""
How [heavy is|much does] the {s2} [weigh|].
What does the {s2} weigh.
""")
COSTS = lines("""
[A|The|One] {s} costs {$x}.
The price of [a|the] {s} is {$x}.
{N} ~pay {$x} for [a|the] {s}.
""")
OTHER_DEARER = lines("""
[A|The] {s2} [costs {$y} more|is {$y} more expensive] [than the {s}|].
[This|That|It] is {$y} [less|cheaper] than [a|the] {s2}.
""")
OTHER_CHEAPER = lines("""
[A|The] {s2} [costs {$y} less|is {$y} cheaper] [than the {s}|].
[This|That|It] is {$y} more than [a|the] {s2}.
""")
ASK_OTHER_COST_ONE = lines("""
How much [does the {s2} cost|is the {s2}].
What is the price of the {s2}.
""")
PRICE_FALLS = lines("""
[Then|Now|Today|In a sale] the price [falls|drops|goes down|is reduced] by {$y}.
There is a discount of {$y} [on it|].
The shop takes {$y} off [the price|].
{N} has a coupon for {$y} [off|].
""")
PRICE_RISES = lines("""
[Then|Now|Today] the price [rises|goes up|is raised] by {$y}.
[Shipping|Wrapping|Delivery|The tax] [costs|is] {$y} [more|extra|].
""")
ASK_PRICE_NOW = lines("""
How much [is it now|does it cost now|must N pay|does N pay|is the {s} now].
What is the [new price|price now].
""")
TWO_RATES = lines("""
{N} {DONE} {x} {o} [every|each|in the] morning and {y} [{o}|] [every|each|in the] [evening|afternoon|night] [|for {z} days].
[Each|Every] {box} [has|holds|contains] {x} {o1} and {y} {o2}.
[Each|Every] [of the|one of the] {folk} [has|gets|brings] {x} {o1} and {y} {o2}.
{N} {DONE} {x} {o} and {M} {M:DONE} {y} {o} [every|each|per|a] [day|week|hour].
""")
DAYS_GO = lines("""
{N} ~do this for {z} [days|weeks].
This goes on for {z} [days|weeks].
There are {z} [of them|{boxes}|such {boxes}].
""")
BEFORE_LOSE = lines("""
Before that {N} [gave|lost|used|sold] {x} [of them|].
""")
# Said beside the point; "{i}" is a number of no use, "{other}" things that are not asked about.
ASIDE = lines("""
It [is|was] a [sunny|rainy|cold|warm|windy|hot|cloudy|snowy|beautiful|foggy] [day|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|morning|afternoon|evening].
{N} [likes|loves|is fond of|is proud of|is very careful with|looks after] {o}.
{N} [lives|works|plays] near the {scene}.
{N} is {i} years old.
{N} also has {i} {other}.
There are also {i} {other} [in the {scene}|].
The {scene} is {i} [kilometers|miles|minutes] away.
The {scene} [opens|closes] at {small} [o'clock|pm|].
{N} has [brown|green|blue|dark] eyes.
[The {o}|They|All of them] are [very|quite|really|] [nice|pretty|old|new|clean|beautiful|well made|small|big].
{N} came home at {small} o'clock.
{M} [was there too|watches|helps|has {i} {other}|came by|is happy|paid {i} dollars for {other}].
{N} [is happy|was tired|was hungry|is busy|was in a hurry|had a good day|sings a song].
It took {i} minutes.
{N} goes there every [day|week|month|Sunday].
A {other1} costs {i} dollars.
{N} has a [dog|cat|brother|sister|garden|bike] [named|called] [Max|Luna|Coco|Rex|Pip|Bo].
The bus number was {i}.
Everyone [laughed|was happy|went outside|had fun].
{N} wears a [red|blue|green|white] [hat|coat|shirt].
{i} {other} [were there too|are outside|fly by|can be seen].
{N} saw {i} {other} [on the way|in the {scene}|].
The {scene} [is big|was quiet|is full of people|is very old|has {i} windows].
""")
WHEN = """yesterday|today|on Monday|on Tuesday|on Wednesday|on Thursday|on Friday|on Saturday|on Sunday|in the morning|in the afternoon|in the evening|
    last week|this week|last month|at noon|before lunch|after lunch|last year|this year|before dinner|in the first hour|at night|after school|
    during the holidays|in spring|in summer|in May|in June|the day before|this morning|last night|at the weekend|in the first week|in winter"""
WHEN = [" ".join(w.split()) for w in WHEN.split("|")]
# when, and a later time
WHENS = [("yesterday", "today"), ("on Monday", "on Tuesday"), ("on Saturday", "on Sunday"), ("in the morning", "in the afternoon"),
         ("in the morning", "in the evening"), ("last week", "this week"), ("last month", "this month"), ("before lunch", "after lunch"),
         ("in May", "in June"), ("last year", "this year"), ("on Friday", "on Saturday"), ("in the first hour", "in the second hour"),
         ("on the first day", "on the second day"), ("in the first half", "in the second half"), ("in the first week", "in the second week"),
         ("in summer", "in winter"), ("before school", "after school"), ("on the way there", "on the way back"), ("in January", "in February")]
TIMES = {2: ["twice", "two times", "double", "2 times"], 3: ["three times", "3 times", "triple", "thrice"]}
AGE_THIRD = lines("""
{T} is {z} years older than {M}.
{M} is {z} years younger than {T}.
""")
AGE_THIRD_TIMES = lines("""
{T} is {z*} as old as {M}.
""")
ASK_AGE_THIRD = lines("""
How old is T.
[What is|Find] T's age.
""")
ALSO_GOES = lines("""
[Then|After that|] {N} [does|needs|goes|adds|gets] another {z} {u}.
[There are|There is] also another {z} {u} [on top|].
{z} {u} more [are added|come on top].
""")
CUT_MORE = lines("""
[Then|Later|] another {z} {u} [are used|are gone|go away|are taken|are needed].
[Then|Later|] {N} [~use|~take|~need|~cut off|~lose] another {z} {u}.
[Then|Later|] {z} {u} more [are used|are gone].
""")
REST_EQUAL = lines("""
The rest is [divided|cut|split] into {z} equal [parts|pieces].
{N} ~divide the rest into {z} [equal parts|equal pieces].
What is left is [divided equally by|shared by|split evenly between] {z} {folk}.
""")
EACH_COSTS = lines("""
[A|One|Each] {s} [costs|is] {$z}.
{N} [~want|~like] to buy {o} [at|for] {$z} each.
With the [rest|money] {N} ~buy {o} [at|for] {$z} each.
""")
UNIT_BILL = lines("""
{N} ~pay {$y} for {x} {o} and a {s2}. The {s2} [costs|is] {$z}.
{N} ~buy {x} [identical|equal|] {o} and a {s2} for {$y} in all. The {s2} [costs|is] {$z}.
{N} ~spend {$y}: {$z} on a {s2} and the rest on {x} [equal|identical] {o}.
""")
LOSE_ONE = lines("""
[One|One of them|The first of them] [gives away|loses|eats|uses|sells] {z} [of them|].
[In|From] one {box} {z} [are taken out|are missing|get lost|are broken].
""")
ASK_ONE_LEFT = lines("""
How many {o} does [this one|that one|this {box}|he or she] [have left|still have].
How many {o} are left [in this {box}|there|for this one|with this one].
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
# Asked about what was not told.
ASK_STRANGE = lines("""
How many {other} does [T|N|M] have.
How many {o} does T have [now|left|].
How many [{o}|{other}] will T [get|have|need|buy] [tomorrow|next week|next year|].
How old is the {scene}.
How [tall|heavy|fast] is T.
What [color|size] are the {o}.
How many {other} [are there|are left|are in the {scene}].
How far is [it to the {scene}|the {scene}].
When does the {scene} [open|close].
How long does T [stay|sleep|walk|wait].
What is the name of [the {scene}|T's {other1}].
How many {folk} does T have.
How many {o} do all the {folk} have [in the {scene}|].
How much does T weigh.
How old is T's [mother|captain|father|dog|teacher].
Why did N do that.
How much did T [pay|earn|spend|save].
How many {other} does N need.
Who has more {other}.
How many {o} were there in the {scene2} [last year|yesterday|].
""")
