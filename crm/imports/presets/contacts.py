"""Contacts of Klaviyo and HubSpot. Their numbers are no customer numbers: people go by e-mail."""

from __future__ import annotations

from typing import Final

from crm.imports.presets import Preset, preset

PERSON: Final = {
    "email": "email",
    "first_name": "firstname",
    "last_name": "lastname",
    "city": "city",
    "country": "country countryregion",
}
KLAVIYO: Final = preset(
    "klaviyo-profiles",
    "Klaviyo · profiles",
    "customers",
    "klaviyoid emailmarketingconsent emailmarketingconsenttimestamp emailsuppressions "
    "emailsuppressionstimestamp emaillists smsmarketingconsent smsmarketingconsenttimestamp profilecreatedon "
    "firstactive lastactive lastopen lastclick",
    3,
    {
        **PERSON,
        "phone": "phonenumber phone",
        "mail_status": "emailmarketingconsent",
        "opted_in_at": "emailmarketingconsenttimestamp",
        "created_on": "profilecreatedon dateadded",
        "source": "source",
    },
    never="lineitemquantity",
    guesses_rest=True,
    zone="UTC",
)
HUBSPOT: Final = preset(
    "hubspot-contacts",
    "HubSpot · contacts",
    "customers",
    "recordid contactid contactowner leadstatus marketingcontactstatus createdate lifecyclestage "
    "associatedcompany primaryassociatedcompanyid lastactivitydate unsubscribedfromallemail originalsource "
    "numberofassociateddeals lastmodifieddate",
    4,
    {
        **PERSON,
        "phone": "phonenumber mobilephonenumber",
        "unsubscribed": "unsubscribedfromallemail",
        "created_on": "createdate",
        "source": "originalsource originaltrafficsource",
        "language": "preferredlanguage",
    },
    never="lineitemquantity",
    guesses_rest=True,
)
PRESETS: Final[tuple[Preset, ...]] = (KLAVIYO, HUBSPOT)
