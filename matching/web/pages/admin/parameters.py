"""Dated amounts, transport networks, everyday words, the registry of facts."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, HiddenField, SelectField, StringField

from matching.access.permissions import Permission
from matching.services import parameters as service
from matching.web.forms import Form, FrenchDateField, VersionField
from matching.web.guard import requires
from matching.web.pages.admin.common import (
    ASKED,
    FrenchNumberField,
    attempt,
    blueprint,
    options,
    page_number,
    typed_value,
    version_of,
)
from matching.web.session import actor, context

# --- Dated amounts


class AmountForm(Form):
    code = StringField("Code", ASKED, description="En minuscules sans accent, comme smic_hourly.")
    amount = StringField("Montant", ASKED, description="Un nombre, comme 12,31.")
    unit = SelectField("Unité", ASKED, choices=options(service.UNITS.items()))
    valid_from = FrenchDateField("À partir du", ASKED, description="Le jour où il commence à compter : 01/06/2026.")
    source = StringField("Source", ASKED, description="Le décret, l’arrêté ou la page officielle.")
    to_check = BooleanField("À vérifier", description="Personne ne l’a encore comparé à la source officielle.")
    version = VersionField()

    def read(self) -> service.AmountForm:
        return service.AmountForm(
            self.code.data or "",
            typed_value(self.valid_from),
            self.amount.data or "",
            self.unit.data or "",
            self.source.data or "",
            bool(self.to_check.data),
        )


class CorrectionForm(AmountForm):
    code = HiddenField()


@blueprint.get("/administration/montants")
@requires(Permission.ADMINISTER)
def parameters() -> str:
    """Every code with its amounts, and the one in force today."""
    words, to_check = request.args.get("q", ""), request.args.get("a-verifier") == "1"
    groups = service.list_parameters(context(), actor(), words=words, to_check=to_check)
    return render_template("admin/parameters.html", groups=groups, words=words, to_check=to_check)


@blueprint.route("/administration/montants/nouveau", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_parameter() -> Response | tuple[str, int]:
    """Add the amount that holds from a day on."""
    form = AmountForm(data={"code": request.args.get("code", ""), "unit": request.args.get("unite", "")})
    tried = attempt(form, lambda: service.add_parameter(context(), actor(), form.read()))
    if tried.done:
        flash("Le montant est ajouté. Les précédents sont gardés.")
        return redirect(url_for("admin.parameters"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ajouter un montant daté",
        save="Ajouter",
        crumbs=[("Montants datés", url_for("admin.parameters"))],
    )
    return page, tried.status


@blueprint.route("/administration/montants/<int:parameter_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_parameter(parameter_id: int) -> Response | tuple[str, int]:
    """Correct a dated amount."""
    line = service.get_parameter(context(), actor(), parameter_id)
    values = {"amount": line.amount.replace(".", ","), "unit": line.unit, "source": line.source}
    values |= {"code": line.code}
    form = CorrectionForm(
        data={**values, "valid_from": line.valid_from, "to_check": line.to_check, "version": line.version}
    )
    if line.unit not in service.UNITS:
        form.unit.choices = options([*service.UNITS.items(), (line.unit, line.unit)])
    tried = attempt(
        form,
        lambda: service.correct_parameter(context(), actor(), parameter_id, version_of(form), form.read()),
    )
    if tried.done:
        flash("Le montant est corrigé.")
        return redirect(url_for("admin.parameters"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title=f"Corriger : {line.label}",
        intro="Corrigez seulement une erreur d’écriture. Pour un nouveau montant, ajoutez-le à sa date.",
        save="Corriger",
        crumbs=[("Montants datés", url_for("admin.parameters"))],
    )
    return page, tried.status


# --- Transport networks


class NetworkForm(Form):
    name = StringField("Nom du réseau", ASKED)
    speed_kmh = FrenchNumberField("Vitesse de porte à porte", ASKED, description="En km/h, attente comprise.")
    revision = HiddenField()


class CommuneForm(Form):
    commune = StringField("Commune à ajouter", ASKED, description="Un nom, un code postal ou un code INSEE.")


@blueprint.get("/administration/reseaux")
@requires(Permission.ADMINISTER)
def networks() -> str:
    """Every network."""
    return render_template("admin/networks.html", networks=service.list_networks(context(), actor()))


@blueprint.route("/administration/reseaux/nouveau", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_network() -> Response | tuple[str, int]:
    """Add a network."""
    form = NetworkForm()
    tried = attempt(
        form,
        lambda: service.save_network(context(), actor(), None, "", form.name.data or "", typed_value(form.speed_kmh)),
    )
    if tried.done:
        flash("Le réseau est créé. Ajoutez les communes qu’il dessert.")
        return redirect(url_for("admin.network", network_id=tried.result), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ajouter un réseau",
        save="Enregistrer",
        crumbs=[("Transports en commun", url_for("admin.networks"))],
    )
    return page, tried.status


@blueprint.route("/administration/reseaux/<int:network_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def network(network_id: int) -> Response | tuple[str, int]:
    """One network: its name, its speed, its communes."""
    sheet = service.get_network(context(), actor(), network_id)
    form = NetworkForm(data={"name": sheet.name, "speed_kmh": sheet.speed_kmh, "revision": sheet.revision})

    def act() -> int:
        revision, name = form.revision.data or "", form.name.data or ""
        return service.save_network(context(), actor(), network_id, revision, name, typed_value(form.speed_kmh))

    tried = attempt(form, act)
    if tried.done:
        flash("Le réseau est à jour.")
        return redirect(url_for("admin.network", network_id=network_id), 303)
    commune = CommuneForm(formdata=None)
    return render_template("admin/network.html", sheet=sheet, form=form, commune=commune), tried.status


@blueprint.post("/administration/reseaux/<int:network_id>/communes")
@requires(Permission.ADMINISTER)
def add_network_commune(network_id: int) -> Response | tuple[str, int]:
    """Add a commune to a network."""
    commune = CommuneForm()
    tried = attempt(
        commune,
        lambda: service.add_network_commune(context(), actor(), network_id, commune.commune.data or ""),
    )
    if tried.done:
        flash("La commune est ajoutée.")
        return redirect(url_for("admin.network", network_id=network_id), 303)
    sheet = service.get_network(context(), actor(), network_id)
    values = {"name": sheet.name, "speed_kmh": sheet.speed_kmh, "revision": sheet.revision}
    form = NetworkForm(formdata=None, data=values)
    return render_template("admin/network.html", sheet=sheet, form=form, commune=commune), tried.status


@blueprint.post("/administration/reseaux/<int:network_id>/communes/<insee>/retirer")
@requires(Permission.ADMINISTER)
def remove_network_commune(network_id: int, insee: str) -> Response:
    """Take a commune out of a network."""
    service.remove_network_commune(context(), actor(), network_id, insee)
    flash("La commune est retirée.")
    return redirect(url_for("admin.network", network_id=network_id), 303)


@blueprint.post("/administration/reseaux/<int:network_id>/retirer")
@requires(Permission.ADMINISTER)
def remove_network(network_id: int) -> Response:
    """Remove a network."""
    service.remove_network(context(), actor(), network_id)
    flash("Le réseau est retiré.")
    return redirect(url_for("admin.networks"), 303)


# --- Everyday words


class SynonymForm(Form):
    words = StringField(
        "Mots de tous les jours", ASKED, description="Comme « plongeur resto », seuls ou dans un texte plus long."
    )
    rome_code = StringField("Code ROME du métier", ASKED, description="Comme G1605.")
    replace = BooleanField("Remplacer : ces mots mèneront désormais à ce métier")

    def ask_to_replace_if_needed(self) -> None:
        """The box is shown only to somebody whose words lead elsewhere."""
        if not self.replace.errors and not self.replace.data:
            del self.replace


@blueprint.route("/administration/mots", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def synonyms() -> Response | tuple[str, int]:
    """Everyday words for occupations, and a form to add some."""
    form = SynonymForm()
    tried = attempt(
        form,
        lambda: service.add_synonym(
            context(), actor(), form.words.data or "", form.rome_code.data or "", replace=form.replace.data
        ),
    )
    if tried.done:
        flash("Ces mots mènent maintenant à ce métier.")
        return redirect(url_for("admin.synonyms", ajoutes=1), 303)
    form.ask_to_replace_if_needed()
    words, added = request.args.get("q", ""), request.args.get("ajoutes") == "1"
    found = service.list_synonyms(context(), actor(), words=words, added=added, page=page_number())
    page = render_template("admin/synonyms.html", form=form, found=found, words=words, added=added)
    return page, tried.status


@blueprint.route("/administration/mots/<int:synonym_id>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_synonym(synonym_id: int) -> Response | tuple[str, int]:
    """Write words added here otherwise."""
    line = service.get_synonym(context(), actor(), synonym_id)
    form = SynonymForm(data={"words": line.words, "rome_code": line.rome_code})
    tried = attempt(
        form,
        lambda: service.change_synonym(
            context(), actor(), synonym_id, form.words.data or "", form.rome_code.data or "", replace=form.replace.data
        ),
    )
    if tried.done:
        flash("Les mots sont à jour.")
        return redirect(url_for("admin.synonyms", ajoutes=1), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title=f"Changer : {line.words}",
        intro=f"Ils mènent à : {line.occupation}.",
        save="Enregistrer",
        crumbs=[("Mots de tous les jours", url_for("admin.synonyms", ajoutes=1))],
    )
    return page, tried.status


@blueprint.post("/administration/mots/<int:synonym_id>/retirer")
@requires(Permission.ADMINISTER)
def remove_synonym(synonym_id: int) -> Response:
    """Forget words added here."""
    service.remove_synonym(context(), actor(), synonym_id)
    flash("Ces mots sont retirés.")
    return redirect(url_for("admin.synonyms", ajoutes=1), 303)


# --- The registry of facts


class CertificateForm(Form):
    label = StringField("Nom", ASKED, description="Comme « CACES R484 (ponts roulants) ».")
    question = StringField("Question à poser", ASKED, description="La question qui permet de savoir oui ou non.")
    code = StringField("Code", ASKED, description="En minuscules sans accent, comme caces_r484.")
    expires = BooleanField("A une date de fin de validité")


class WordsForm(Form):
    label = StringField("Nom", ASKED)
    question = StringField("Question à poser", ASKED)


@blueprint.get("/administration/faits")
@requires(Permission.ADMINISTER)
def facts() -> str:
    """What can be known of a person, by group."""
    return render_template("admin/facts.html", groups=service.list_fact_kinds(context(), actor()))


@blueprint.route("/administration/faits/nouveau", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def new_certificate() -> Response | tuple[str, int]:
    """Add a certificate."""
    form = CertificateForm()

    def act() -> None:
        typed = (form.code.data or "", form.label.data or "", form.question.data or "")
        service.add_certificate(context(), actor(), service.CertificateForm(*typed, bool(form.expires.data)))

    tried = attempt(form, act)
    if tried.done:
        flash("Le certificat est ajouté. Pour l’instant il est à confirmer pour tout le monde.")
        return redirect(url_for("admin.facts"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title="Ajouter un certificat",
        save="Ajouter",
        crumbs=[("Certificats et faits", url_for("admin.facts"))],
    )
    return page, tried.status


@blueprint.route("/administration/faits/<code>", methods=["GET", "POST"])
@requires(Permission.ADMINISTER)
def edit_fact(code: str) -> Response | tuple[str, int]:
    """Say a fact in better words."""
    line = service.get_fact_kind(context(), actor(), code)
    form = WordsForm(data={"label": line.label, "question": line.question})
    tried = attempt(
        form,
        lambda: service.change_fact_words(context(), actor(), code, form.label.data or "", form.question.data or ""),
    )
    if tried.done:
        flash("Les mots sont à jour.")
        return redirect(url_for("admin.facts"), 303)
    page = render_template(
        "admin/form.html",
        form=form,
        title=f"Mieux dire : {line.label}",
        save="Enregistrer",
        crumbs=[("Certificats et faits", url_for("admin.facts"))],
    )
    return page, tried.status
