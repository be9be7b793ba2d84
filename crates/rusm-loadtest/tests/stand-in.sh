#!/bin/sh
# In the place of the rusm binary: does what the test that runs it says.
exec sh -c "$STAND_IN"
