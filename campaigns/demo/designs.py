"""The mails that the invented shop wrote, in MJML with placeholders."""

from __future__ import annotations

FRAME = """<mjml>
  <mj-head>
    <mj-preview>%(preheader)s</mj-preview>
    <mj-attributes>
      <mj-all font-family="Georgia, 'Songti SC', SimSun, serif" />
      <mj-text font-size="16px" line-height="1.6" color="#1f2d2a" />
      <mj-button background-color="#0f766e" border-radius="6px" font-size="16px" inner-padding="12px 26px" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#f3f1ea" width="600px">
    <mj-section padding="28px 0 8px">
      <mj-column>
        <mj-text align="center" font-size="22px" color="#0f766e">{{ business.name }}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" border-radius="10px" padding="24px 12px">
      <mj-column>
%(body)s
      </mj-column>
    </mj-section>
%(after)s    <mj-section padding="16px 0 32px">
      <mj-column>
        <mj-text align="center" font-size="12px" color="#6b7470">
          {{ business.name }} · {{ business.postal_address }}<br />
          You get this because you agreed to our letters.
          <a href="{{ unsubscribe_url }}" style="color:#6b7470">Unsubscribe</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""
HELLO = 'Hello {{ customer.first_name | default: "there" }},'


def _text(words: str) -> str:
    return f"        <mj-text>{words}</mj-text>"


def _title(words: str) -> str:
    return f'        <mj-text font-size="24px" line-height="1.3" color="#0f2f2b">{words}</mj-text>'


def _button(words: str, page: str) -> str:
    return f'        <mj-button href="https://example.com/{page}">{words}</mj-button>'


def frame(preheader: str, *blocks: str, after: str = "") -> str:
    return FRAME % {"preheader": preheader, "body": "\n".join(blocks), "after": after}


HARVEST = frame(
    "Three lots, picked three weeks ago",
    _title("The new harvest has landed"),
    _text(HELLO),
    _text(
        "the first bags of the season stand in the shop since this morning: Ethiopia Guji with peach and"
        " jasmine, Colombia Huila like warm caramel, and a small lot from Yunnan that tastes of honey."
    ),
    _button("See the new coffees", "coffee/new"),
    _text(
        'Rather tea? The <a href="https://example.com/tea/first-flush">first flush from Darjeeling</a> came'
        " on the same ship."
    ),
)
FLUSH = frame(
    "Picked in March, here since yesterday",
    _title("The first flush is here"),
    _text(HELLO),
    _text(
        "the first leaves of the year from Darjeeling are light, flowery, and gone by summer. We have forty"
        " kilos, and open a tin for you to taste whenever you come by."
    ),
    _button("Taste the spring", "tea/first-flush"),
    _text('Or look at <a href="https://example.com/tea">all our teas</a>.'),
)
WEEKEND = frame(
    "Cold brew in four steps",
    _title("Cold brew for a slow weekend"),
    _text(HELLO),
    _text(
        "80 grams of coffee, one litre of cold water, one night in the fridge: nothing is easier, and little"
        " tastes better in the sun. We wrote down what makes the difference."
    ),
    _button("Read the recipe", "journal/cold-brew"),
    _text('No time? <a href="https://example.com/coffee/cold-brew">Our pouches</a> only want water.'),
)
REGULARS = frame(
    "A table is laid for you",
    _title("An evening for our regulars"),
    _text(HELLO),
    _text(
        "you have been with us often this year, and we would like to say thank you: come and taste six teas"
        " and four coffees with us, with something sweet from the bakery next door."
    ),
    _button("Keep a seat for me", "evening"),
    _text('Cannot come? <a href="https://example.com/evening/box">We send the tasting as a box.</a>'),
)
MISS_YOU = frame(
    "15 % on whatever you liked last time",
    _title("It has been quiet without you"),
    _text(HELLO),
    _text(
        "we have not seen you for a while. If something was not right, please answer this mail; we read every"
        " one. And if life was just busy: with the word <b>WELCOME15</b> everything is 15 % cheaper."
    ),
    _button("What is new on the shelf", "new"),
)
RECOMMEND = frame(
    "One question, ten seconds",
    _title("Would you recommend us?"),
    _text(HELLO),
    _text("one click on a number is all we ask for. It goes straight to the two people behind the counter."),
    "        <mj-text>{{ survey_row }}</mj-text>",
    _text(
        'Meanwhile, <a href="https://example.com/journal">our journal</a> tells how to brew a cleaner cup.'
    ),
)
LAST_ORDER = frame(
    "Was everything as it should be?",
    _title("How was your last order?"),
    _text(HELLO),
    _text("did it arrive well, and does it taste as you hoped? One click tells us."),
    "        <mj-text>{{ survey_row }}</mj-text>",
    _text('If something is wrong, <a href="https://example.com/help">we put it right</a>, without a form.'),
)
WINTER_TABLE = frame(
    "Teas and coffees for long evenings",
    _title("Something warm for long evenings"),
    _text(HELLO),
    _text(
        "{% if customer.custom.favourite_drink %}we know that you like"
        " {{ customer.custom.favourite_drink | downcase }}. {% endif %}These three are what we drink"
        " ourselves just now: Fireside Spice, Masala Chai and our Winter Roast."
    ),
    _button("Have a look", "season"),
)
PLAIN = frame(
    "A short letter",
    _title("Write a headline"),
    _text(HELLO),
    _text("write what is new in two or three sentences, then say what to do next."),
    _button("To the shop", ""),
    '        {% snippet "greeting" %}',
    after='    {% snippet "opening-hours" %}\n',
)
# Name, where it goes, what it says.
SNIPPETS = (
    (
        "opening-hours",
        "section",
        '<mj-section padding="12px 0 0"><mj-column><mj-text align="center" font-size="14px">'
        "Harbour &amp; Leaf, 12 Invented Quay · Monday to Saturday 9–18, market on Saturday 9–13"
        "</mj-text></mj-column></mj-section>",
    ),
    (
        "greeting",
        "content",
        "<mj-text>Warm regards from the counter,<br />Olga and Sam</mj-text>",
    ),
)
