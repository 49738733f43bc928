"""Review: handing texts in, reading them, deciding. What is approved, `kb` publishes."""

from flask import Flask


def init_app(app: Flask) -> None:
    from core.db import db
    from curation import (
        benefit,
        escalation,
        handing_over,
        merges,
        nav,
        notices,
        permissions,
        routes,
        slots,
        talk_notices,
        workflow,
    )

    app.register_blueprint(routes.bp)
    app.extensions["submit_revision"] = workflow.submit
    app.jinja_env.globals.update(can_see_queue=permissions.can_see_queue)
    notices.init_app()
    handing_over.init_app()
    talk_notices.init_app()
    merges.init_app(db)
    slots.init_app(app)
    nav.init_app(app)
    benefit.init_app()
    escalation.init_app()
