"""What the check_*.py scripts share: one line a check, exit status 1 when one fails."""
import sys

failed = 0


def check(what, good):
    global failed
    failed += not good
    print("ok  " if good else "FAIL", what)


def finish():
    sys.exit(failed > 0)
