#!/usr/bin/env -S node --max-semi-space-size=2 --
// The agent's memory is kept small: controller/cli/up/services.ts says how.
import { launch } from './launch.mjs'

launch('agent/main')
