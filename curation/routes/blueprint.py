"""Where all addresses of reviewing are hung up."""

from flask import Blueprint

bp = Blueprint("curation", __name__)
