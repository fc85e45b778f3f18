/** The options of `bpfcc-ts run`, apart from what it runs: the command line loads no machine to know them. */

import type { Command } from 'commander';

/** Declares the command's own options; all other flags are the compiler's. */
export function addRunOptions(command: Command): Command {
  return command
    .description("compile and run a program in the eBPF machine; further flags are the compiler's")
    .option('--prog <name>', 'the program to run, when the object has several')
    .option('--packet <file|hex>', 'a packet, with its Ethernet header')
    .option('--pcap <file>', 'packets of a capture')
    .option('--write-pcap <file>', 'write the packets as the program left them')
    .option('--ctx <json>', 'fields of the context, e.g. {"ingress_ifindex": 3}')
    .option('--repeat <number>', 'run all packets this often', Number, 1)
    .option('--maps', 'show what the maps hold at the end', false)
    .option('--trace', 'show every instruction', false)
    .option('--coverage <file>', "write the lines that ran, in lcov's format")
    .option('--json', 'print results and maps as JSON', false)
    .option('--hosted', 'run a C program with main: a C library, a large stack, recursion', false)
    .option('--entry <function>', 'with --hosted: the function to run', 'main')
    .option('--expect <number>', 'with --hosted: the result that counts as success', Number, 0)
    .allowUnknownOption()
    .argument('[args...]', 'a source or an object');
}
