# Needs Python 3.11 or newer and a network for the first run; everything else is set up by itself.
PYTHON ?= $(shell command -v python3.11 || command -v python3)

.PHONY: demo test test-full bench check down clean
.SILENT:

demo: ; $(PYTHON) -m launcher.setup demo
test: ; $(PYTHON) -m launcher.setup test
test-full: ; $(PYTHON) -m launcher.setup test --long
bench: ; $(PYTHON) -m launcher.setup bench
check: ; $(PYTHON) -m launcher.setup check
down: ; test ! -x .venv/bin/python || .venv/bin/python -m launcher down
clean: ; test ! -x .venv/bin/python || .venv/bin/python -m launcher clean
