"""A believable invented Département: made-up people only, the same at every start on the same day."""

from matching.demo.build import DEMO_PASSWORD, Login, build

__all__ = ["DEMO_PASSWORD", "Login", "build"]
