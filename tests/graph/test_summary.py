"""What a run changed, in brief."""

from tests.support.walks import keep, root_of, view_of
from walkabout.graph.summary import NAME_MOST, NODES_MOST, summary
from walkabout.people.masters import Master
from walkabout.service import Service


def test_nothing_changed_is_nothing_to_tell(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    assert root_of(view, ana).edges_out() == []
    assert summary(view.finish()) is None


def test_counts_by_kind_and_names_some_nodes(service: Service, ana: Master) -> None:
    view = view_of(service, ana)
    root = root_of(view, ana)
    for number in range(30):
        root.create("city", name=f"city {number} " + "x" * 100)
    told = summary(view.finish())
    assert told is not None
    assert told["nodes"] == {"created": 30, "changed": 0, "deleted": 0}
    assert told["edges"] == {"created": 30, "changed": 0, "deleted": 0}
    assert len(told["some"]) == NODES_MOST
    assert told["some"][0]["graph"] == root.uid
    assert all(len(one["name"]) <= NAME_MOST for one in told["some"])


def test_what_is_gone_and_what_is_different_is_told_apart(service: Service, ana: Master) -> None:
    made = root_of(view_of(service, ana), ana)
    made.create("city", name="Rome")
    keep(service, made)
    view = view_of(service, ana)
    root = root_of(view, ana)
    root.out()[0].delete()
    root.create("city").delete()
    root["visited"] = True
    told = summary(view.finish())
    assert told is not None
    assert told["nodes"] == {"created": 0, "changed": 1, "deleted": 1}
    assert told["edges"] == {"created": 0, "changed": 0, "deleted": 1}
    assert [(one["what"], one["kind"], one["name"]) for one in told["some"]] == [
        ("changed", "root", ""),
        ("deleted", "city", "Rome"),
    ]
