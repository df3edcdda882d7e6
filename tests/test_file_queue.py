from __future__ import annotations

from queue import Empty

import pytest
from kombu import Connection

from config.celery import app
from config.file_queue import Transport


class Peeking:
    """Looks into the folder at the moment in which it is written."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = None

    def __json__(self):
        self.seen = list(self.folder.glob("*.msg"))
        return "written"


def test_a_message_is_never_seen_before_it_is_whole(tmp_path):
    options = {"data_folder_in": str(tmp_path), "data_folder_out": str(tmp_path)}
    channel = Connection("filesystem://", transport_options=options).default_channel
    body = Peeking(tmp_path)

    channel._put("post", {"body": body})
    (tmp_path / "1_half.post.msg.draft").write_text("{")

    assert isinstance(channel.connection, Transport)
    assert body.seen == []
    assert channel._get("post") == {"body": "written"}
    with pytest.raises(Empty):
        channel._get("post")


def test_the_program_uses_it():
    assert app.connection_for_write("filesystem://").get_transport_cls() is Transport
