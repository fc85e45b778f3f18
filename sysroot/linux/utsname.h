/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: what uname(2) answers. */
#ifndef BPFCC_LINUX_UTSNAME_H
#define BPFCC_LINUX_UTSNAME_H

#define __NEW_UTS_LEN 64

struct new_utsname {
	char sysname[65];
	char nodename[65];
	char release[65];
	char version[65];
	char machine[65];
	char domainname[65];
};

#endif
