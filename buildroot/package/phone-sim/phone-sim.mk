################################################################################
#
# phone-sim
#
################################################################################

PHONE_SIM_VERSION = local
PHONE_SIM_SITE = $(BR2_EXTERNAL_PHONED_PATH)/board/emulated
PHONE_SIM_SITE_METHOD = local
PHONE_SIM_LICENSE = GPL-2.0
PHONE_SIM_LICENSE_FILES = phone-sim.c

$(eval $(kernel-module))
$(eval $(generic-package))
