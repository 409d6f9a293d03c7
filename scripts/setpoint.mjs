#!/usr/bin/env -S node --
// Without the `--` Node takes an --env-file of the command line for its own.
import { launch } from './launch.mjs'

launch('controller/cli/main')
