"""English wordings: money, prices and wages. The slots are explained in `narrator.py`."""
from grammar import lines

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
