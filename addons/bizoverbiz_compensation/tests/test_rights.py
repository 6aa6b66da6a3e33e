"""Every button of every addon of ours, and every method that RPC reaches, asks the server who is pressing.

A view hides a button; only the method itself keeps anybody from calling it. The convention that makes this testable
without any record: a method checks the caller's right before it looks at its records.
"""

import inspect

from lxml import etree
from odoo import models
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

OURS = "bizoverbiz"
#: Methods that only say what to show next. What is shown is guarded by its own model's access rights.
SHOWS = ("action_open_", "action_view_", "action_bizoverbiz_open_")
#: Rights a stranger to the pressed button may well have.
LADDER = (
    "base.group_user",
    "account.group_account_invoice",
    "account.group_account_readonly",
    "account.group_account_user",
    "account.group_account_manager",
    "bizoverbiz_network.group_user",
    "bizoverbiz_network.group_approver",
    "bizoverbiz_network.group_administrator",
)


@tagged("post_install", "-at_install")
class TestRights(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ladder = [cls.env.ref(name) for name in LADDER]
        cls.users = {}
        data = cls.env["ir.model.data"].search([("module", "=like", f"{OURS}%"), ("model", "=", "ir.ui.view")])
        cls.views = cls.env["ir.ui.view"].browse(data.mapped("res_id"))
        names = {view.model for view in cls.views if view.model} | {name for name in cls.env if name.startswith(OURS)}
        cls.models = [cls.env[name] for name in sorted(names)]

    def _user_without(self, groups):
        """Somebody with every right of the ladder that does not bring one of these groups along."""
        key = frozenset(groups)
        if key not in self.users:
            lacking = self.env["res.groups"].union(*(self.env.ref(group) for group in key))
            held = [group for group in self.ladder if not group.all_implied_ids & lacking]
            self.users[key] = new_test_user(
                self.env,
                login=f"without_{len(self.users)}",
                groups=",".join(group.get_external_id()[group.id] for group in held),
            )
        return self.users[key]

    def _buttons(self):
        """Each object button of our views: (model, method, groups of the button and of what it lies in)."""
        found = set()
        for view in self.views.filtered("model"):
            for node in etree.fromstring(view.arch_db).iter("button"):
                if node.get("type") == "object":
                    found.add((self._model_of(node, view.model), node.get("name"), self._groups_of(node)))
        return sorted(found, key=str)

    def _model_of(self, node, model):
        """The model a button acts on: a list inside a form is about the field's records."""
        fields = [ancestor.get("name") for ancestor in node.iterancestors("field") if ancestor.get("name") != "arch"]
        for name in reversed(fields):
            model = self.env[model]._fields[name].comodel_name or model
        return model

    def _groups_of(self, node):
        lineage = [node, *node.iterancestors()]
        return tuple(sorted({one.get("groups") for one in lineage if one.get("groups")}))

    def _refused(self, call, *arguments):
        try:
            with self.env.cr.savepoint():
                call(*arguments)
        except AccessError:
            return True
        except Exception:
            return False
        return False

    def test_every_button_with_a_group_refuses_whoever_lacks_it(self):
        tried = 0
        for model, method, restrictions in self._buttons():
            for groups in restrictions:
                user = self._user_without(groups.split(","))
                records = self.env[model].with_user(user)
                tried += 1
                with self.subTest(model=model, button=method, without=groups):
                    showing = method.startswith(SHOWS)
                    self.assertTrue(showing or self._refused(getattr(records, method)), "the server lets it happen")
        self.assertGreater(tried, 20, "buttons were found")

    def test_every_other_button_is_on_a_model_closed_to_strangers(self):
        stranger = self._user_without(["account.group_account_invoice", "bizoverbiz_network.group_user"])
        for model, method, restrictions in self._buttons():
            if restrictions or method.startswith(SHOWS):
                continue
            records = self.env[model].with_user(stranger)
            with self.subTest(model=model, button=method):
                closed = not records.has_access("create" if records.is_transient() else "read")
                self.assertTrue(closed or self._refused(getattr(records, method)), "anybody may press it")

    def _public_methods(self):
        """What RPC may call on our models and was written by us: (model, name, function)."""
        core = set(dir(models.BaseModel))
        for model in self.models:
            for name in dir(type(model)):
                if name.startswith("_") or name in core or name.startswith(SHOWS):
                    continue
                function = getattr(type(model), name)
                written_here = f"addons.{OURS}" in getattr(function, "__module__", "")
                closed = getattr(function, "_api_private", False) or self._is_cores(type(model), name)
                if inspect.isfunction(function) and written_here and not closed:
                    yield model, name, function

    def _is_cores(self, model, name):
        """Whether a method of ours extends one of Odoo's, which says who may call it."""
        return any(
            name in vars(one) and f"addons.{OURS}" not in getattr(vars(one)[name], "__module__", "")
            for one in model.mro()
        )

    def test_every_public_method_refuses_strangers(self):
        stranger = self._user_without(["account.group_account_invoice", "bizoverbiz_network.group_user"])
        tried = 0
        for model, name, function in self._public_methods():
            records = model.with_user(stranger)
            arguments = [None] * len(self._required(function))
            closed = model._name.startswith(OURS) and not records.has_access("read")
            tried += 1
            with self.subTest(model=model._name, method=name):
                self.assertTrue(closed or self._refused(getattr(records, name), *arguments), "anybody may call it")
        self.assertGreater(tried, 10, "methods were found")

    def test_what_is_no_button_is_refused_to_whoever_only_sees(self):
        """A method without a button in some view is for integrations, which need a right of ours like anybody else."""
        reader = self._user_without(["bizoverbiz_network.group_approver"])
        buttons = {(model, method) for model, method, _groups in self._buttons()}
        for model, name, function in self._public_methods():
            if (model._name, name) in buttons or not model._name.startswith(OURS):
                continue
            with self.subTest(model=model._name, method=name):
                arguments = [None] * len(self._required(function))
                records = model.with_user(reader)
                closed = records.is_transient() and not records.has_access("create")
                self.assertTrue(closed or self._refused(getattr(records, name), *arguments), "any reader may call it")

    def _required(self, function):
        parameters = list(inspect.signature(function).parameters.values())[1:]
        return [
            parameter
            for parameter in parameters
            if parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]

    def test_every_model_of_ours_has_access_rows_and_a_rule_for_its_companies(self):
        rules = self.env["ir.rule"].search([("groups", "=", False)])
        for model in self.models:
            if not model._name.startswith(OURS) or model._abstract:
                continue
            with self.subTest(model._name):
                rows = self.env["ir.model.access"].search([("model_id.model", "=", model._name)])
                self.assertTrue(rows, "no access rows")
                self.assertTrue(all(rows.mapped("group_id")), "an access row without a group opens it to everybody")
                owned = {"company_id", "membership_id"} & model._fields.keys()
                if owned and not model.is_transient():
                    self.assertIn(model._name, rules.mapped("model_id.model"), "no record rule per company")

    def test_secrets_are_for_the_system_group_alone(self):
        for model in self.models:
            for name, field in model._fields.items():
                if name.endswith(("private_key", "secret", "token")) and f"addons.{OURS}" in f"addons.{field._module}":
                    with self.subTest(model=model._name, field=name):
                        self.assertEqual(field.groups, "base.group_system")
