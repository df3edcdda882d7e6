"""What the shop sells, and suggestions while typing."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm import access, audit, charges
from crm.access import Right
from crm.forms.products import ProductForm
from crm.models import Product
from crm.paging import page_of
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def products(request: HtmxRequest) -> HttpResponse:
    words, category = request.GET.get("q", "").strip(), request.GET.get("category", "")
    found = Product.objects.all()
    for word in words.split():
        found = found.filter(Q(name__icontains=word) | Q(sku__icontains=word))
    if category:
        found = found.filter(category=category)
    page = page_of(
        found,
        ("name", "id"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    categories = Product.objects.exclude(category="").order_by("category").values_list("category", flat=True)
    context = {
        "section": "settings",
        "page": page,
        "q": words,
        "category": category,
        "categories": categories.distinct()[:100],
        "count": found.count(),
    }
    return render_page(request, "crm/products.html", context, partial="list")


@require_GET
@access.staff
def product(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Product, pk=pk)
    context = {"section": "settings", "product": found, "is_charge": charges.is_charge(found)}
    return render_page(request, "crm/product.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.EDIT)
def product_edit(request: HtmxRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Product, pk=pk)
    form = ProductForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        audit.record(request.user, "changed", found, change=audit.change_of(form))
        form.save()
        messages.success(request, _("Saved. Recommendations follow it at once."))
        return redirect("crm:product", pk)
    context = {"section": "settings", "product": Product.objects.get(pk=pk), "form": form}
    return render_page(request, "crm/product_edit.html", context, status=422 if form.errors else 200)


@require_GET
@access.needs(Right.EDIT)
def product_names(request: HtmxRequest) -> HttpResponse:
    """Suggestions for the product of a sale, as the options of a datalist."""
    words = next((value for name, value in request.GET.items() if name.endswith("product")), "")
    found = Product.objects.filter(Q(name__icontains=words) | Q(sku__istartswith=words))[:30]
    return render_page(request, "crm/product_names.html", {"products": found})
