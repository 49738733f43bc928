"""Accounts, roles, sign-in and the inbox; knows nothing of articles."""

from flask import Flask

from core.config import Config


def init_app(app: Flask, config: Config) -> None:
    from people import account_notices, admin, cli, inbox, nav, routes, signin

    signin.init_app(app, config)
    nav.init_app(app)
    inbox.init_app(config)
    account_notices.init_app()
    app.register_blueprint(routes.bp)
    app.register_blueprint(admin.bp)
    app.register_blueprint(routes.audit.bp)
    app.register_blueprint(routes.company.bp)
    cli.init_app(app)
