"""English things, places and people, by kind. Plurals are regular unless written out: leaf/leaves."""

KINDS = {
    "food": """apple orange banana pear peach plum cherry/cherries lemon lime mango/mangoes melon fig date apricot grape kiwi olive
        tomato/tomatoes potato/potatoes carrot onion cucumber pepper radish/radishes bean pea mushroom pumpkin egg sandwich/sandwiches pizza
        burger hot_dog pancake waffle muffin cupcake cookie biscuit cake pie donut bagel bun roll croissant cracker pretzel nut walnut
        almond peanut hazelnut candy/candies sweet lollipop chocolate chocolate_bar gummy_bear jelly_bean mint caramel ice_cream
        popsicle yogurt sausage meatball dumpling fish_finger taco burrito fry/fries chip slice_of_pizza/slices_of_pizza
        piece_of_cake/pieces_of_cake loaf/loaves loaf_of_bread/loaves_of_bread strawberry/strawberries blueberry/blueberries
        raspberry/raspberries coconut pineapple avocado/avocados corn_cob raisin pastry/pastries brownie tart spring_roll
        bottle_of_juice/bottles_of_juice can_of_soda/cans_of_soda juice_box/juice_boxes tin_of_soup/tins_of_soup pack_of_gum/packs_of_gum""",
    "thing": """page problem question exercise song message email lesson goal test word paper book pen pencil crayon marker eraser ruler notebook folder sticker stamp card postcard letter envelope magazine comic
        comic_book photo picture painting drawing poster map ticket coupon coin medal trophy/trophies badge button bead ribbon shell
        seashell stone rock pebble gem crystal fossil marble ball balloon kite doll toy toy_car toy_train puzzle puzzle_piece block game
        board_game video_game teddy_bear yo-yo dice_set robot action_figure trading_card baseball_card football_card shirt T-shirt sock
        shoe hat cap scarf/scarves glove coat jacket dress/dresses skirt sweater belt tie bracelet necklace ring earring watch/watches
        bag backpack basket bucket cup mug glass/glasses plate bowl spoon fork knife/knives pot pan bottle jar can candle lamp light_bulb
        battery/batteries cushion pillow blanket towel curtain rug chair table stool bench/benches desk shelf/shelves box/boxes nail
        screw bolt brick tile plank board log stick rope hammer brush/brushes paintbrush/paintbrushes key lock bell clock phone tablet
        computer charger cable disc film song_book ornament vase flower_pot seed_packet umbrella tent sleeping_bag bicycle bike scooter
        skateboard helmet wheel tyre flag pin magnet napkin straw sponge bar_of_soap/bars_of_soap roll_of_tape/rolls_of_tape
        sheet_of_paper/sheets_of_paper newspaper story/stories poem recipe invitation gift present token point star sticker_sheet lantern
        mask costume wand feather acorn pine_cone leaf/leaves stamp_album paper_plane paper_crane origami_bird greeting_card quilt""",
    "plant": """tree bush/bushes flower rose tulip daisy/daisies sunflower lily/lilies orchid cactus/cacti seedling sapling plant
        apple_tree oak palm_tree pine_tree rose_bush/rose_bushes seed bulb vine fern shrub herb vegetable""",
    "animal": """dog puppy/puppies cat kitten rabbit hamster mouse/mice bird parrot pigeon duck duckling goose/geese chicken hen chick
        rooster turkey cow calf/calves bull goat sheep/sheep lamb pig piglet horse pony/ponies donkey camel fish/fish goldfish/goldfish
        frog turtle lizard snake butterfly/butterflies bee ant ladybug beetle spider snail worm crab owl swan penguin seal monkey lion
        tiger bear elephant giraffe zebra fox/foxes wolf/wolves deer/deer squirrel hedgehog bat""",
    "person": """child/children kid boy girl student pupil teacher player visitor guest passenger worker farmer sailor soldier dancer singer
        runner swimmer camper scout tourist customer fan friend neighbor man/men woman/women adult baby/babies nurse doctor driver actor
        musician member volunteer kid""",
    "vehicle": """car bus/buses truck van taxi train boat ship plane motorcycle bicycle tractor sailboat wagon canoe helicopter""",
}
# What can be said of any thing, and halves of a whole.
ADJECTIVES = """red|blue|green|yellow|white|black|brown|purple|pink|orange|golden|silver|grey|big|small|large|tiny|old|new|used|broken|clean|dirty|
    wooden|plastic|paper|glass|metal|round|square|striped|plain|spotted|shiny|heavy|light|long|short|fresh|ripe|rotten|sweet|sour|cheap|
    expensive|empty|full|open|closed|colored|painted|hand-made|rare|common|lost|torn|dry|wet|chocolate|math|science|history|football|
    birthday|school|garden|party|cotton|rubber|leather|steel|vanilla|wild|tame|sick|healthy|famous|foreign|local|frozen|boiled|roasted|salted|
    crunchy|soft|hard|thick|thin|tall|wide|narrow|loud|quiet|fast|slow|fancy|funny|boring|scary|summer|winter|travel|country|kitchen|baby|adult|
    left|right|front|upper|lower|free|special|regular|extra-large|medium|digital|electric|magic|lucky|favorite|missing|late|early|good|bad|
    young|married|hungry|sleepy|happy|sad"""
ADJECTIVES = ["".join(a.split()) for a in ADJECTIVES.split("|")]
CONTAINERS = """box/boxes bag basket jar tray packet carton crate drawer shelf/shelves bucket bowl plate pile stack row case pack pot tin
    envelope folder page cupboard table desk room wagon cage tank pen nest vase bunch/bunches bundle bouquet container barrel sack album
    pocket suitcase team group bench/benches truck boat can bottle cart locker tent aisle chapter floor class/classes column set chest""".split()
UMBRELLA = {"food": ["pieces of food", "snacks", "things to eat", "items"], "thing": ["things", "items", "pieces", "objects"],
            "plant": ["plants"], "animal": ["animals", "pets"], "person": ["people", "persons"], "vehicle": ["vehicles"]}
# people that share or own alike
FOLK = """friends children kids students pupils people cousins brothers sisters neighbors boys girls players workers families classmates
    guests teams grandchildren nieces monkeys dogs horses rabbits tables classes""".split()
NAMES = {
    "she": """Sara Emma Olivia Maya Lily Anna Nora Zoe Ella Grace Chloe Ruby Alice Julia Hannah Laila Mona Dana Rania Salma Kate Lucy Eva
        Mia Sophie Rosa Jane Mary Linda Susan Helen Carla Diana Paula Tina Wendy Nancy Betty Fiona Ivy Amy Rachel Joan Carol Megan Amanda
        Tanya Yuki Aisha Fatima Zahra Leila Noor Priyanka Anjali Mei Ling Sakura Ingrid Astrid Bella Daisy Ellen Faith Gloria Heather Irene
        Jenny Karen Laura Marta Nina Pam Robin Sally Teresa Uma Vera Molly""",
    "he": """Omar Adam Liam Noah Jack Leo Ben Sam Tom Max Ryan Paul Karim Yusuf Ali Tariq Sami Rami Hugo Oscar Felix Luke Mark Peter John
        James Mike David Daniel Robert Bob Bill Joe Tim Jim Fred George Harry Ivan Jason Kevin Larry Martin Nick Pedro Carlos Juan Diego
        Ahmed Hassan Ibrahim Khaled Bilal Raj Arjun Wei Hiro Kenji Lars Erik Sven Alan Brian Carl Dylan Ethan Frank Greg Henry Isaac Jerry
        Keith Logan Mason Nathan Owen Phil Rick Steve Travis Victorio Will Zach Todd Roger""",
}
NAMES = {gender: names.split() for gender, names in NAMES.items()}
HELD_NAMES = {"she": ["Clara", "Ines", "Huda"], "he": ["Walid", "Simon", "Victor"]}
ROLES = {
    "she": """my sister|her mother|my mom|Mum|Mom|my aunt|Grandma|my grandmother|Mrs. Lee|Mrs. Brown|Ms. Green|Aunt May|the teacher|the baker|
        the librarian|the nurse|a girl|a woman|the queen|my friend|the gardener|the tailor|the cook|a lady|our teacher|the shopkeeper|
        a student|my cousin|the seller|a waitress""",
    "he": """my brother|his father|my dad|Dad|my uncle|Grandpa|my grandfather|Mr. Smith|Mr. Khan|Mr. Jones|Uncle Bob|the farmer|a farmer|a baker|
        the coach|a boy|a man|the king|my friend|the carpenter|the painter|the fisherman|a collector|a builder|our neighbor|the grocer|
        a pupil|my cousin|the driver|a waiter|the janitor|Farmer Brown""",
    "it": """a shop|the shop|a store|the pet store|a school|the school|our school|the library|a library|the bakery|a toy shop|a restaurant|the museum|
        a zoo|the zoo|a farm|the factory|a club|the team|our class|the hotel|a company|the bookstore|a flower shop|the market stall|the kiosk|
        the village|a supermarket""",
}
ROLES = {gender: [" ".join(role.split()) for role in roles.split("|")] for gender, roles in ROLES.items()}
SCENERY = """garden|park|field|yard|forest|pond|lake|farm|school|classroom|library|shop|store|market|museum|zoo|kitchen|room|house|garage|box|
    basket|bag|drawer|hall|street|beach|river|playground|parking lot|barn|stable|tank|cage|tree|shelf|table|bus|train|boat|theater|gym|pool|
    fridge|jar|cupboard|office|factory|bakery|station|harbor|hotel|village|stadium|tent|castle|orchard|greenhouse|bowl|pile|ship|plane|cafe"""
SCENERY = [" ".join(place.split()) for place in SCENERY.split("|")]
MONEY = [("dollar", "dollars", "${x}")] * 6 + [("euro", "euros", "€{x}"), ("coin", "coins", "{x} coins"), ("cent", "cents", "{x} cents"),
         ("pound", "pounds", "£{x}"), ("rupee", "rupees", "{x} rupees"), ("dinar", "dinars", "{x} dinars")]
# unit, and what is measured with it
LENGTHS = ["meters", "metres", "cm", "centimeters", "inches", "feet", "m", "yards"]
WAYS = ["km", "kilometers", "miles", "meters", "laps", "blocks"]
WEIGHTS = ["kg", "kilograms", "kilos", "pounds", "grams", "tons", "ounces"]
VOLUMES = ["liters", "litres", "cups", "gallons", "ml", "bottles"]
TIMES = ["minutes", "hours", "seconds", "days"]
STUFF = {"weight": """flour rice sugar salt sand wheat clay coffee fruit meat cheese hay corn paper gold butter wool""".split(),
         "volume": """water milk juice oil paint lemonade petrol gas tea soup syrup vinegar honey""".split()}
STRIPS = """rope|ribbon|wire|string|plank|piece of wood|piece of cloth|road|fence|thread|pipe|chain|cable|hose|piece of fabric|wall""".split("|")
# what one thing has several of
PARTS = """legs wheels wings pages buttons seeds petals leaves sides windows rooms doors drawers pockets lights slices layers handles eyes arms
    floors batteries pictures strings keys spots stripes teeth fingers feathers branches screws players cards pieces colors questions""".split()
