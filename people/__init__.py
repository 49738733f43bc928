"""Accounts, roles, sign-in and the inbox; knows nothing of articles."""

from flask import Flask

from core.config import Config


def init_app(app: Flask, config: Config) -> None:
    from people import admin, cli, inbox, nav, routes, signin

    signin.init_app(app, config)
    nav.init_app(app)
    inbox.init_app(config)
    app.register_blueprint(routes.bp)
    app.register_blueprint(admin.bp)
    cli.init_app(app)
