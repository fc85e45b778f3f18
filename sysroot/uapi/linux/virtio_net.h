/* SPDX-License-Identifier: MIT */
/* bpfcc-ts bundled header: linux/virtio_net.h under the name of the kernel tree. */
#ifndef BPFCC_UAPI_LINUX_VIRTIO_NET_H
#define BPFCC_UAPI_LINUX_VIRTIO_NET_H

#include <bpfcc-ts/kernel_types.h>
#include <linux/virtio_net.h>

#endif
