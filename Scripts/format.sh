#!/usr/bin/env bash
# Formats the sources in place.
source "$(dirname "$0")/common.sh"
source Scripts/python.sh
need_swift
need_python
swift format --in-place --recursive --parallel Package.swift Sources Tests
"$python" -m ruff check --fix
"$python" -m ruff format
