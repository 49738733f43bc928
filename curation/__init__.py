"""Review: handing texts in, reading them, deciding. What is approved, `kb` publishes."""

from flask import Flask


def init_app(app: Flask) -> None:
    from curation import nav, notices, permissions, routes, slots, workflow

    app.register_blueprint(routes.bp)
    app.extensions["submit_revision"] = workflow.submit
    app.jinja_env.globals.update(can_see_queue=permissions.can_see_queue)
    notices.init_app()
    slots.init_app(app)
    nav.init_app(app)
