#!/usr/bin/env node
import { createRequire } from 'node:module'
import { Command, Option } from 'commander'
import { isBusError } from '../errors/define-error.ts'
import { deadLettersCommand } from './dead-letters.ts'
import { docsCommand } from './docs.ts'
import { runDoctor, type DoctorOptions } from './doctor.ts'
import { runBuses, type RunOptions } from './run.ts'
import { dumpConfigSchemaCommand } from './dump-config-schema.ts'
import { dumpCommand, schemaCommand } from './schema.ts'
import { typesCommand } from './write-contracts.ts'

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }

const program = new Command('lightbus').description('A message bus for backend services')

program
  .command('run', { isDefault: true })
  .description('Listen, serve and run tasks until SIGTERM or SIGINT, then drain; a second signal aborts')
  .argument(
    '[modules...]',
    'bus modules, TypeScript or JavaScript (default: --bus, LIGHTBUS_MODULE, ./bus.ts or ./bus.js)',
  )
  .option('--bus <module>', 'a bus module')
  .option('--config <path>', 'path or URL of the configuration')
  .option('--service-name <name>', 'the name that the processes of this service share')
  .option('--process-name <name>', 'the name of this process')
  .addOption(
    new Option('--log-level <level>', 'least level to log').choices([
      'debug',
      'info',
      'warning',
      'error',
      'critical',
    ]),
  )
  .addOption(
    new Option('--only <features>', 'run only these, separated by commas: rpcs, events, tasks').conflicts(
      'skip',
    ),
  )
  .option('--skip <features>', 'run all but these, separated by commas')
  .action((modules: string[], options: RunOptions) => runBuses(modules, options))

program.addCommand(deadLettersCommand())
program.addCommand(docsCommand())

program
  .command('doctor')
  .description('Open every transport of the configuration and say how it is, and what its settings risk')
  .option('--config <path>', 'path or URL of the configuration (default: LIGHTBUS_CONFIG)')
  .option('--json', 'print the same as JSON')
  .action((options: DoctorOptions) => runDoctor(options))

program.addCommand(typesCommand())
program.addCommand(schemaCommand())
program.addCommand(dumpCommand('dumpschema'))
program.addCommand(dumpConfigSchemaCommand())

program
  .command('version')
  .description('Print the version')
  .action(() => console.log(version))

try {
  await program.parseAsync()
} catch (error) {
  // What the bus says is meant for people; anything else is a defect whose stack helps.
  console.error(isBusError(error) ? `${error.code}: ${error.message}` : error)
  process.exitCode = 1
}
