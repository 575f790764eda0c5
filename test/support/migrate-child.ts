/** A process that migrates the database it is given, and says what it ran. */
import 'reflect-metadata';
import { migrate } from '../../src/database/migrate.js';

process.stdout.write(JSON.stringify(await migrate(process.argv[2] ?? '')));
