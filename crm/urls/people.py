"""Around customers: tasks, what was said, households and companies, tags."""

from __future__ import annotations

from django.urls import URLPattern, path

from crm.views import groups, my_day, tags, talks

urlpatterns: list[URLPattern] = [
    path("my-day/", my_day.day, name="my_day"),
    path("my-day/add/", my_day.day_add, name="my_day_add"),
    path("my-day/due/", my_day.badge, name="my_day_badge"),
    path("my-day/<int:pk>/", my_day.task, name="task"),
    path("my-day/<int:pk>/done/", my_day.task_done, name="task_done"),
    path("my-day/<int:pk>/undo/", my_day.task_undo, name="task_undo"),
    path("my-day/<int:pk>/remove/", my_day.task_remove, name="task_remove"),
    path("customers/tags/", tags.tags, name="tags"),
    path("customers/tags/<int:pk>/", tags.tag_page, name="tag"),
    path("customers/tags/<int:pk>/merge/", tags.tag_merge, name="tag_merge"),
    path("customers/tags/<int:pk>/remove/", tags.tag_remove, name="tag_remove"),
    path("customers/interests/", tags.interest_list, name="interests"),
    path("customers/interests/<int:pk>/", tags.interest_switch, name="interest_switch"),
    path("customers/groups/", groups.group_list, name="groups"),
    path("customers/groups/new/", groups.group_new, name="group_new"),
    path("customers/groups/suggested/", groups.group_suggestions, name="group_suggestions"),
    path(
        "customers/groups/suggested/<str:kind>/<str:key>/", groups.group_suggestion, name="group_suggestion"
    ),
    path("customers/groups/<int:pk>/", groups.group, name="group"),
    path("customers/groups/<int:pk>/edit/", groups.group_edit, name="group_edit"),
    path("customers/groups/<int:pk>/join/", groups.group_join, name="group_join"),
    path("customers/groups/<int:pk>/remove/", groups.group_remove, name="group_remove"),
    path("customers/groups/<int:pk>/members/<int:member>/", groups.group_member, name="group_member"),
    path("customers/<slug:public_id>/tasks/", my_day.tasks_panel, name="tasks_panel"),
    path("customers/<slug:public_id>/tasks/new/", my_day.task_new, name="task_new"),
    path("customers/<slug:public_id>/groups/", groups.groups_panel, name="groups_panel"),
    path("customers/<slug:public_id>/said/", talks.talk_new, name="talk_new"),
    path("customers/<slug:public_id>/said/<int:pk>/", talks.talk_change, name="talk_change"),
]
