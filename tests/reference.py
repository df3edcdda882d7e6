"""Public files with published figures. They lie beside the checkout, or where REFERENCE_DATA says."""

from __future__ import annotations

import os
from pathlib import Path

DATA = Path(os.environ.get("REFERENCE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
RETAIL = DATA / "online-retail" / "online_retail_2010-12_to_2011-02.csv.gz"
MALL = DATA / "mall-customers" / "Mall_Customers.csv"
CHURN = DATA / "telco-churn" / "WA_Fn-UseC_-Telco-Customer-Churn.csv.gz"
PERSONALITY = DATA / "customer-personality" / "marketing_campaign.csv"
NPS_SURVEY = DATA / "nps-survey" / "nps_survey.csv.gz"
ISEMAIL = DATA / "email-edge-cases" / "isemail_tests-original.xml"
MOBILE_NUMBERS = DATA / "phone-numbers" / "examples.mobile.json"
FEBRL = DATA / "febrl-duplicates" / "febrl_dataset1.csv"
NAUGHTY = DATA / "messy-strings" / "blns.json"
GROCERIES = DATA / "groceries" / "groceries.csv"
HILLSTROM = DATA / "hillstrom" / "hillstrom.csv.gz"
WAIMAI = DATA / "chinese-reviews" / "waimai_10k.csv.gz"
FLIPKART = DATA / "flipkart-reviews" / "flipkart_reviews.csv.gz"
