"""What each measure means: in plain words, as a formula, what counts, and the popular version that is wrong.

Without a contract nobody says goodbye: these follow Fader and Hardie there, and the usual accounting of
recurring revenue for subscriptions.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Text = str | Promise


@dataclass(frozen=True, slots=True)
class Definition:
    """`wrong` is a common version that misleads, with the reason; empty where none is common."""

    key: str
    term: Text
    meaning: Text
    formula: Text
    counted: Text
    wrong: Text = ""


CUSTOMERS = (
    Definition(
        "cohort",
        _("Cohort"),
        _("Customers whose first purchase fell into the same month or week."),
        _("Share in a period = customers of the cohort who bought in it ÷ all customers of the cohort"),
        _(
            "Orders that still count: not cancelled, not given back in full. The period that is still running"
            " is marked and stays out of averages; periods that have not come yet are empty, not zero."
        ),
        _("Counting young cohorts as lost before they have had time to come back."),
    ),
    Definition(
        "retention",
        _("Retention rate"),
        _("How many of the customers you had at the beginning you still have at the end."),
        _("Customers of the beginning who are still customers at the end ÷ customers at the beginning"),
        _(
            "Somebody is a customer while the last purchase is not longer ago than the days you set for"
            " “lost”."
            " New customers of the period count neither way."
        ),
        _("(End − beginning) ÷ beginning: new customers hide those who left, so half of them can go unseen."),
    ),
    Definition(
        "churn",
        _("Churn rate"),
        _("How many of the customers you had at the beginning you lost by the end."),
        _("1 − retention rate. Per month: 1 − (1 − churn rate)^(1 ÷ number of months)"),
        _("The same customers as for the retention rate."),
        _(
            "Sleeping customers ÷ everybody who ever bought: that only grows, and is no rate of a period."
            " And twelve times the monthly rate is not the yearly one."
        ),
    ),
    Definition(
        "repeat_rate",
        _("Repeat purchase rate"),
        _("How many new customers buy a second time within a fixed number of days."),
        _(
            "Of customers whose first order is at least so many days old: those with a second one in that"
            " time"
        ),
        _("Only customers who have had the whole time, so that all had the same chance."),
        _("Customers with two orders ÷ all customers: whoever came yesterday counts as not coming back."),
    ),
    Definition(
        "frequency",
        _("Purchase frequency"),
        _("How often a buyer buys in the period."),
        _("Orders of known customers ÷ customers with at least one order in the period"),
        _("Orders that still count. Sales to people unknown cannot be told apart and are left out."),
        _("Orders ÷ all customers ever: falls by itself as the list grows."),
    ),
    Definition(
        "average_order",
        _("Average order"),
        _("What an order brings."),
        _("Charged for orders that still count ÷ number of these orders"),
        _("Orders of known customers in the period, before part refunds."),
    ),
    Definition(
        "cross_sell",
        _("Cross-sell rate"),
        _("How many buyers buy from more than one category."),
        _("Buyers with products of at least two categories ÷ buyers with a product whose category is known"),
        _("Orders of the period that still count. Products without a category are left out."),
    ),
    Definition(
        "conversion",
        _("Conversion per touch point"),
        _("How many go on from one step to the next."),
        _(
            "People who came to the second step at or after their first visit to the first ÷ people at"
            " the first"
        ),
        _("Each person counts once per step in the period."),
        _("Visits instead of people; or a purchase that came before the click."),
    ),
)
MONEY = (
    Definition(
        "margin",
        _("Gross margin"),
        _("What stays of revenue after the goods are paid."),
        _("(Charged − given back) × margin of the business profile"),
        _("Refunds are taken off on the day they were given."),
    ),
    Definition(
        "cac",
        _("Cost of a new customer (CAC)"),
        _("What you spent on winning one customer."),
        _("All spending on marketing and sales ÷ new customers of the same months"),
        _(
            "Spending that you enter, by month and channel: adverts, people, tools, agencies. A new customer"
            " belongs to the channel of their source, else to that of the first order. Without any"
            " spending for"
            " a channel, the cost that stands in the business profile is used."
        ),
        _("Adverts only, or divided by orders or by all customers: makes winning people look cheap."),
    ),
    Definition(
        "ltv",
        _("Customer lifetime value (LTV)"),
        _("What a customer leaves you: so far, and in the months that customer value looks ahead."),
        _("(Revenue net of refunds so far × margin) + expected margin of the coming months, discounted"),
        _(
            "The average of the customers won in the same months. The second part comes from the page"
            " “Value”."
        ),
        _("Order value × frequency × years, without margin and discount: several times too high."),
    ),
    Definition(
        "ltv_cac",
        _("LTV : CAC"),
        _("How many times a new customer brings back what winning them cost."),
        _("Customer lifetime value ÷ cost of a new customer, both of the same channel and months"),
        _("Three to one is a rule of thumb, no law."),
        _("Revenue instead of margin on top."),
    ),
    Definition(
        "payback",
        _("Payback time"),
        _("How long until a new customer has brought back what winning them cost."),
        _("The first month of being a customer in which margin per customer, in sum, reaches the cost"),
        _("Months of 30 days since the first purchase; each month from the customers who have had it whole."),
        _(
            "Cost ÷ average monthly revenue: ignores the margin, and that the first order is the largest"
            " step."
        ),
    ),
    Definition(
        "roi",
        _("Return on spending (ROI)"),
        _("What one unit of money spent brought beyond itself."),
        _("(Margin brought − spending) ÷ spending"),
        _(
            "By channel: lifetime value of the new customers. By campaign: margin on orders within five"
            " days of"
            " a click, which likely, but not provenly, came from it. A hold-out group proves more."
        ),
        _("Revenue ÷ spending called ROI: 100% of that can still be a loss."),
    ),
    Definition(
        "profit",
        _("Profit after cost to serve"),
        _("What a customer leaves after looking after them is paid."),
        _("Revenue net of refunds × margin − cases × cost of a case − returns × cost of a return"),
        _(
            "Cases opened and refunds given in the period, at the costs that you enter. Winning them is"
            " not in it."
        ),
        _("Spreading the cost of service evenly: hides the few who cost most."),
    ),
    Definition(
        "grr",
        _("Gross revenue retention (GRR)"),
        _("How much of the recurring revenue of the beginning is still there."),
        _("Sum over customers of the smaller of (monthly revenue then, now) ÷ monthly revenue then"),
        _("Subscriptions brought to one month. Paused ones bring nothing. Never above 100%."),
        _("Leaving out downgrades, or letting one customer’s growth pay for another’s leaving."),
    ),
    Definition(
        "nrr",
        _("Net revenue retention (NRR)"),
        _("The same customers’ recurring revenue now beside then, growth included."),
        _("Monthly revenue now of the customers of the beginning ÷ their monthly revenue then"),
        _("New customers are left out."),
        _("(Beginning + growth − leavers) ÷ beginning, which forgets those who pay less."),
    ),
)
CERTAINTY = (
    Definition(
        "interval",
        _("“Between … and …”"),
        _("The range that holds the true figure in 95 of 100 such shops; the fewer people, the wider."),
        _("Wilson’s interval for shares; mean ± 1.96 standard errors for amounts"),
        _("Below 20 people a figure is shown as “too few” instead."),
    ),
    Definition(
        "drift",
        _("Population stability index (PSI)"),
        _("Whether a figure is spread over your customers as it was."),
        _("Sum over ten groups of (share now − share then) × ln(share now ÷ share then)"),
        _(
            "Buyers, in ten equal groups by the figure then, and who it is unknown of. Below 0.1 steady,"
            " up to"
            " 0.25 moved a little, above changed. It rings only above 0.25 and if chance does not explain it."
        ),
        _("Ringing at every small but “significant” change: with many customers everything is."),
    ),
)
COMING = (
    Definition(
        "forecast",
        _("Forecast"),
        _(
            "How the figure would go on by its own past, and the range that should hold it in 95 of 100"
            " cases."
        ),
        _(
            "Last season once more, or exponential smoothing with a damped trend (ETS), whichever was"
            " less off"
        ),
        _(
            "Whole weeks or months. Error (MASE): mean error ÷ mean error of saying “as one season before”;"
            " below 1 is better than that."
        ),
        _("A straight line through the past, or one figure without a range."),
    ),
)
GROUPS = (
    (_("Customers"), CUSTOMERS),
    (_("Money"), MONEY),
    (_("What comes"), COMING),
    (_("How sure"), CERTAINTY),
)
ALL = {one.key: one for _name, group in GROUPS for one in group}
