"""Mailchimp: audiences. Its columns show which file it is: unsubscribed and cleaned people get no mail."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

MARKS: Final = (
    "memberrating optintime optinip confirmtime confirmip gmtoff dstoff leid euid lastchanged cleantime "
    "cleancampaigntitle cleancampaignid unsubtime unsubreason unsubcampaignid unsubcampaigntitle"
)
FIELDS: Final = {
    "email": "emailaddress email emailadresse adresseemail correoelectrónico direccióndecorreoelectrónico "
    "indirizzoemail eメールアドレス 电子邮件地址 邮箱",
    "first_name": "firstname fname vorname prénom nombre 名",
    "last_name": "lastname lname nachname nom apellidos apellido 姓",
    "name": "name fullname",
    "phone": "phonenumber phone",
    "country": "country cc",
    "birth_date": "birthdate dateofbirth",
    "tags": "tags",
}
SUBSCRIBED: Final = preset(
    "mailchimp-subscribed",
    "Mailchimp · subscribed",
    "customers",
    MARKS,
    3,
    {**FIELDS, "opted_in_at": "confirmtime optintime"},
    never="cleantime cleancampaignid unsubtime unsubreason unsubcampaignid",
    guesses_rest=True,
    zone="UTC",
)
UNSUBSCRIBED: Final = preset(
    "mailchimp-unsubscribed",
    "Mailchimp · unsubscribed",
    "customers",
    MARKS,
    3,
    {**FIELDS, "stopped_at": "unsubtime lastchanged", "opted_in_at": "optintime"},
    never="cleantime cleancampaignid",
    guesses_rest=True,
    options={"mail_status": "unsubscribed"},
    zone="UTC",
)
CLEANED: Final = preset(
    "mailchimp-cleaned",
    "Mailchimp · cleaned",
    "customers",
    MARKS,
    3,
    {**FIELDS, "stopped_at": "cleantime lastchanged"},
    never="unsubtime unsubcampaignid",
    guesses_rest=True,
    options={"mail_status": "bounced"},
    zone="UTC",
)
PRESETS: Final[tuple[Preset, ...]] = (SUBSCRIBED, UNSUBSCRIBED, CLEANED)
