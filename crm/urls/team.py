"""The team, and what it did."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import audit, second_factor, team

urlpatterns: list[URLPattern] = [
    path("settings/audit/", audit.audit_log, name="audit"),
    path("settings/audit/audit.csv", audit.audit_csv, name="audit_csv"),
    path("settings/audit/kept/", audit.audit_kept, name="audit_kept"),
    path("settings/staff/rules/", team.rules, name="team_rules"),
    path("team/hand-over/", team.hand_over, name="hand_over"),
    path("settings/staff/<int:pk>/member/", team.member, name="member"),
    path("account/codes/", second_factor.codes, name="codes"),
    path("account/codes/off/", second_factor.codes_off, name="codes_off"),
    path("account/codes/recovery/", second_factor.codes_recovery, name="codes_recovery"),
    path("account/sign-out-everywhere/", second_factor.everywhere, name="sign_out_everywhere"),
    path("sign-in/code/", second_factor.sign_in_code, name="sign_in_code"),
]
