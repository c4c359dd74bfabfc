"""English wordings: lengths, weights, times and ages. The slots are explained in `narrator.py`."""
from grammar import lines

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
