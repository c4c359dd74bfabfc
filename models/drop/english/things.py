"""English wordings: things that come and go. The slots are explained in `narrator.py`."""
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
