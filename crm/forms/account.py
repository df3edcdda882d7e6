"""Signing in, choosing passwords, one's own account, and inviting others."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import accounts
from crm.forms.look import Look
from crm.models import User


class SignInForm(Look, AuthenticationForm):
    error_messages = {
        "invalid_login": _("This e-mail and password do not fit together. Please try again."),
        "inactive": _("This account is switched off. Ask the owner."),
    }

    def clean_username(self) -> str:
        """Longer than any address here can be is nobody's, and would not fit among the failed tries."""
        name = str(self.cleaned_data["username"]).strip().lower()
        if len(name) > (self.username_field.max_length or 254):
            raise self.get_invalid_login_error()
        return name


class ForgotForm(Look, forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class ChoosePasswordForm(Look, SetPasswordForm):  # type: ignore[type-arg]
    pass


class ChangePasswordForm(Look, PasswordChangeForm):
    pass


class AccountForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(label=_("Language of these pages"), required=False)

    class Meta:
        model = User
        fields = ["name", "language"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", gettext("As the browser")), *settings.LANGUAGES]
        self.fields["language"].choices = choices  # type: ignore[attr-defined]


class InviteForm(Look, forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    role = forms.ChoiceField(
        label=_("Role"),
        choices=User.Role,
        initial=User.Role.MANAGER,
        help_text=_("Owners also see settings and accounts, and may remove data."),
    )
    scope = forms.ChoiceField(
        label=_("Sees"), choices=User.Scope, initial=User.Scope.ALL, required=False,
        help_text=_("Only their own: customers whom they look after, and nobody else's."),
    )  # fmt: skip

    def clean_scope(self) -> str:
        return str(self.cleaned_data["scope"] or User.Scope.ALL)

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(gettext("This person already has an account."))
        return email


class OwnerForm(Look, forms.Form):
    """Step one of the first run: who you are."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 8 signs, and not one that everybody uses."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if settings.PRODUCTION:
            self.fields["code"] = forms.CharField(
                label=_("Set-up code"),
                help_text=_("So that only you can begin: “manage.py set_up_code” on the server shows it."),
                widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip().lower()
        if not constant_time_compare(code, accounts.set_up_code()):
            raise forms.ValidationError(_("This is not the set-up code of this installation."))
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("password"):
            try:
                user = User(email=data.get("email", ""), name=data.get("name", ""))
                validate_password(data["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data
