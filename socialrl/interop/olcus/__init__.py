"""Radio-frequency recordings of a habitat, in the files of OLCUS and Voletron.

After the readme of Voletron (https://github.com/BeeryLab/voletron, Apache-2.0): OLCUS writes `raw*.csv`, one read of a
tag at an antenna a line; `animals.csv` says which tag is whose, `apparatus.json` where each antenna is. There are two
antennas to a tube, one at each end. A read says where an animal was, not which way it went; `trajectories` says what
follows from two reads.
"""
