# SPDX-License-Identifier: GPL-2.0
# Read by Sphinx, as `make htmldocs` calls it: SQ_SOURCE is the kernel source of which
# kernel-doc and its extension are taken, SQ_TOP this tree.
import os
import sys

source = os.environ['SQ_SOURCE']
sys.path.insert(0, os.path.join(source, 'Documentation/sphinx'))
extensions = ['kerneldoc']
kerneldoc_bin = os.path.join(source, 'scripts/kernel-doc')
kerneldoc_srctree = os.environ['SQ_TOP']
kerneldoc_verbosity = 1

project = 'squirrel'
copyright = 'GPL-2.0'
primary_domain = 'c'
highlight_language = 'none'
html_theme = 'alabaster'
html_theme_options = {'page_width': '72em', 'fixed_sidebar': True}
html_show_copyright = False
# Words of the kernel's headers before a prototype.
c_id_attributes = ['__must_check', '__malloc', '__init', '__always_inline', 'notrace']
