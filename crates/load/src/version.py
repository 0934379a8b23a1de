"""Prints the versions of what fanout.py runs on."""

import importlib.util
import platform

import starlette
import uvicorn

loop = "uvloop" if importlib.util.find_spec("uvloop") else "asyncio"
parser = "httptools" if importlib.util.find_spec("httptools") else "h11"
print(f"Starlette {starlette.__version__} on uvicorn {uvicorn.__version__}, {loop}, {parser}, Python {platform.python_version()}")
